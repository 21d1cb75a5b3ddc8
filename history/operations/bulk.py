"""One action on several runs. Each is done or refused by itself, and what came of it is told for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.engine.values import BatonError
from orchestrator.operations import rerun, runs
from orchestrator.queries.runs import find
from teams.callers import Caller
from teams.errors import WrongInput
from teams.policy import Action
from teams.values import TeamsError

MOST = 100


class WrongSelection(BatonError, WrongInput):
    """Select 1 to 100 runs, then choose what to do with them."""

    code = "wrong_selection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What came of one run: `started` is the new run of a re-run, `problem` says why nothing was done."""

    run: int
    started: int | None = None
    problem: str = ""


def cancel_runs(*, by: Caller, chosen: Sequence[int]) -> tuple[Item, ...]:
    """End these runs. Raises NotAllowed, WrongSelection."""
    by.demand(Action.control_run)

    def cancel(run: int) -> Item:
        find(team=by.team_id, run=run)
        runs.cancel(run=run, by=by.name)
        return Item(run=run)

    return _each(chosen, cancel)


def rerun_runs(*, by: Caller, chosen: Sequence[int]) -> tuple[Item, ...]:
    """Start each again, with the same version and input. Raises NotAllowed, WrongSelection."""
    by.demand(Action.start_run)
    return _each(chosen, lambda run: Item(run=run, started=rerun.run_again(by=by, run=run)))


def _each(chosen: Sequence[int], act: Callable[[int], Item]) -> tuple[Item, ...]:
    found = tuple(dict.fromkeys(chosen))
    if not 1 <= len(found) <= MOST:
        raise WrongSelection
    return tuple(_tried(run, act) for run in found)


def _tried(run: int, act: Callable[[int], Item]) -> Item:
    try:
        return act(run)
    except (BatonError, TeamsError) as refused:
        return Item(run=run, problem=str(refused))
