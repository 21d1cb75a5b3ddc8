"""What people may do to a run from its page, and doing it: the same operations as those of the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from orchestrator.engine.values import BatonError
from orchestrator.models import Run
from orchestrator.operations import runs
from orchestrator.operations.rerun import run_again
from orchestrator.queries import runs as queries
from teams.callers import Caller
from teams.errors import NotFound
from teams.policy import Action

CLOSED = ("succeeded", "cancelled")
GOES_ON = ("queued", "running", "waiting")


class NoSuchControl(BatonError, NotFound):
    """A run can be cancelled, paused, resumed and re-run. Use one of the buttons."""

    code = "no_such_control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """`statuses` are those of a run in which it makes sense; `told` is said once it is done."""

    verb: str
    action: Action
    statuses: tuple[str, ...]
    label: str
    icon: str
    told: str
    asks: str = ""
    """The question before it is done; empty: it is done at once."""


CONTROLS: Mapping[str, Control] = {
    one.verb: one
    for one in (
        Control(
            verb="pause",
            action=Action.control_run,
            statuses=GOES_ON,
            label=gettext_noop("Pause"),
            icon="pause",
            told=gettext_noop("Nothing new is begun. What runs finishes."),
        ),
        Control(
            verb="resume",
            action=Action.control_run,
            statuses=("paused",),
            label=gettext_noop("Resume"),
            icon="play",
            told=gettext_noop("The run goes on."),
        ),
        Control(
            verb="cancel",
            action=Action.control_run,
            statuses=(*GOES_ON, "paused", "failing", "failed"),
            label=gettext_noop("Cancel run"),
            icon="ban",
            told=gettext_noop("The run was cancelled."),
            asks=gettext_noop("Open steps and reviews are closed. What is done stays. This cannot be undone."),
        ),
        Control(
            verb="rerun",
            action=Action.start_run,
            statuses=(*CLOSED, "failed"),
            label=gettext_noop("Re-run"),
            icon="rotate-cw",
            told=gettext_noop("A new run with the same version and input."),
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """`run` is where to go on: the run itself, or the new one."""

    run: int
    told: str


def offered(run: Run, by: Caller) -> list[Control]:
    """What this person may do now."""
    return [one for one in CONTROLS.values() if run.status in one.statuses and by.may(one.action)]


def carry_out(*, by: Caller, run: int, verb: str) -> Done:
    """Raises RunNotFound, NoSuchControl, NotAllowed, Refused, and what starting a run raises."""
    found = queries.find(team=by.team_id, run=run)
    if verb not in CONTROLS:
        raise NoSuchControl
    control = CONTROLS[verb]
    by.demand(control.action)
    return Done(run=_DO[verb](found, by), told=gettext(control.told))


def retry(*, by: Caller, run: int, path: str) -> None:
    """A failed step again. Raises RunNotFound, NotAllowed, Refused."""
    queries.find(team=by.team_id, run=run)
    by.demand(Action.control_run)
    runs.retry(run=run, path=path, by=by.name)


def _cancel(run: Run, by: Caller) -> int:
    return runs.cancel(run=run.pk, by=by.name).run


def _pause(run: Run, by: Caller) -> int:
    return runs.pause(run=run.pk, by=by.name).run


def _resume(run: Run, by: Caller) -> int:
    return runs.resume(run=run.pk, by=by.name).run


def _rerun(run: Run, by: Caller) -> int:
    return run_again(by=by, run=run.pk)


_DO: Mapping[str, Callable[[Run, Caller], int]] = {
    "cancel": _cancel,
    "pause": _pause,
    "resume": _resume,
    "rerun": _rerun,
}
