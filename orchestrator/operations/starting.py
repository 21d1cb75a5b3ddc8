"""Starts a run for somebody: rights, limits, input, uploads and budget, in one transaction with the run's first rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction

from orchestrator import inputs
from orchestrator.engine.values import BatonError, Json
from orchestrator.models import Limit, Run, Version
from orchestrator.operations import budgets, files, runs
from orchestrator.store.begin import NewRun
from teams.callers import Caller
from teams.errors import Conflict
from teams.models import Team
from teams.policy import Action

ACTIVE = ("queued", "running", "failing")
"""What counts as running at the same time: who waits for people or a time holds nothing."""
LOOK_AGAIN = 10
"""Seconds after which somebody who met a limit may try again."""


class TooManyRuns(BatonError, Conflict):
    """As many runs as allowed are running. Start it again when one of them has ended."""

    code = "too_many_runs"


class WorkflowPutAway(BatonError, Conflict):
    """This workflow is archived or deleted. Restore it, then start the run."""

    code = "workflow_put_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be started. `budget` (money in micro-dollars, tokens, calls) can only narrow the version's own."""

    version: Version
    given: Json
    trigger: str = "api"
    budget: Mapping[str, int] = field(default_factory=dict)


def start_run(*, by: Caller, wanted: Wanted) -> int:
    """The id of the new run. Raises WrongRunInput, TooManyRuns, WorkflowPutAway, FileTaken, PayloadTooLarge, NotAllowed."""
    by.demand(Action.start_run)
    version, team = wanted.version, by.team_id
    if version.workflow.archived_at or version.workflow.deleted_at:
        raise WorkflowPutAway
    document = version.document
    checked = inputs.checked(wanted.given, schema=document.get("inputs") or {}, team=team)
    new = NewRun(team=team, version=version.pk, started_by=by.user_id, trigger=wanted.trigger)
    with transaction.atomic():
        _admit(team=team, workflow=version.workflow_id)
        run = runs.start(new=new, given=checked.value).run
        files.attach(team=team, run=run, files=checked.files)
        for unit, most in _narrowest(document.get("budget") or {}, wanted.budget).items():
            budgets.set_budget(team=team, subject=f"run:{run}", unit=unit, most=most)
    return run


def runs_subject(workflow: int) -> str:
    """How the limit on a workflow's runs at the same time is named."""
    return f"runs:workflow:{workflow}"


def _admit(*, team: int, workflow: int) -> None:
    """Raises TooManyRuns. Where there is a limit, one start at a time: two could both be the last that fits."""
    of_team = Team.objects.filter(pk=team).values_list("max_concurrent_runs", flat=True).first()
    rows = Limit.objects.of(team).filter(subject=runs_subject(workflow))
    of_workflow = rows.values_list("capacity", flat=True).first()
    if of_team is None and of_workflow is None:
        return
    Team.objects.select_for_update().get(pk=team)
    active = Run.objects.of(team).filter(status__in=ACTIVE)
    if of_team is not None and active[:of_team].count() >= of_team:
        raise _too_many("The team", of_team)
    if of_workflow is not None and active.filter(version__workflow=workflow)[:of_workflow].count() >= of_workflow:
        raise _too_many("The workflow", of_workflow)


def _too_many(who: str, most: int) -> TooManyRuns:
    text = (
        f"{who} may have {most} runs at the same time, and they are running. Start this one when one of them has ended."
    )
    return TooManyRuns(text, limit=most, retry_after=LOOK_AGAIN)


def _narrowest(own: Mapping[str, Json], given: Mapping[str, int]) -> dict[str, int]:
    """Of each unit the smaller amount."""
    found = {unit: int(own[unit]) for unit in budgets.UNITS if own.get(unit) is not None}
    for unit, most in given.items():
        found[unit] = min(most, found.get(unit, most))
    return found
