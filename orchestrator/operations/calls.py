"""The journal's operations: begin the calls of a turn, end each, remember what is undetermined."""

from collections.abc import Sequence

from orchestrator.dispatch import outbox
from orchestrator.operations import answers
from orchestrator.store import holds, journal, payloads, questions
from orchestrator.store.holds import Blocked, BudgetReached, Holds, NoSlot, TokensSpent, Wanted
from orchestrator.store.journal import Entry, Fenced, Intent, Made
from orchestrator.store.ledger import At, Outcome, Spent, guess_as_json
from orchestrator.store.payloads import PayloadTooLarge, RunTooLarge, digest_of, encode

__all__ = [
    "At",
    "Blocked",
    "BudgetReached",
    "Entry",
    "Fenced",
    "Holds",
    "Intent",
    "Made",
    "NoSlot",
    "Outcome",
    "PayloadTooLarge",
    "RunTooLarge",
    "Spent",
    "TokensSpent",
    "Wanted",
    "begin",
    "bodies",
    "demand_room",
    "digest_of",
    "encode",
    "end",
    "entries",
    "guess_as_json",
    "record",
    "return_orphans",
    "wanted_of",
]

entries, mark_drift, bodies, tools_called = journal.entries, journal.mark_drift, payloads.bodies, journal.tools_called
demand_room = payloads.demand_room


def begin(
    *, at: At, intents: Sequence[Intent], kept: Sequence[tuple[str, str]] = (), lost: Sequence[str] = ()
) -> list[Holds]:
    """Write the intents of all parallel calls of a turn; what each holds. Raises Fenced, Blocked, RunTooLarge.

    `lost` are the keys that the journal has already, without an outcome.
    """
    seq, held = journal.begin(at=at, intents=intents, kept=kept, lost=lost)
    outbox.committed(run=at.run, seq=seq, wakeups={}, urgent=False)
    return held


def end(*, at: At, outcome: Outcome, kept: Sequence[tuple[str, str]] = (), must_fit: bool = False) -> bool:
    """Write how a call ended and what it cost; whether the result counts (False: the attempt is over, the row is wasted).

    May be called again where nobody knows whether it came through. With `must_fit` it raises RunTooLarge.
    """
    seq, counts = journal.end(at=at, outcome=outcome, kept=kept, must_fit=must_fit)
    outbox.committed(run=at.run, seq=seq, wakeups={}, urgent=False)
    for limit in outcome.holds.limits:
        _wake_oldest(f"slot:{limit}")
        _wake_oldest(f"tokens:{limit}")
    return counts


def _wake_oldest(event: str) -> None:
    """A slot is free, or tokens are: the step that has waited longest gets up. After the commit, in its own transaction."""
    waiting = questions.oldest(event=event)
    if waiting is not None:
        answers.wake(waiting, verdict="free")


def record(*, at: At, made: Made, kept: Sequence[tuple[str, str]] = ()) -> None:
    """Write a call that needed no intent. Raises Fenced."""
    seq = journal.record(at=at, made=made, kept=kept)
    outbox.committed(run=at.run, seq=seq, wakeups={}, urgent=False)


def return_orphans() -> int:
    """Give back what calls hold whose step is not running under their attempt any more, a transaction each; how many."""
    return sum(journal.return_orphan(orphan) for orphan in journal.orphans())


def wanted_of(*, team: int, run: int, workflow: int, connection: str, month: str) -> Wanted:
    """The budgets and limits that a call of this run and connection takes from; `units` are the caller's to fill in."""
    budgets = [f"run:{run}", f"workflow:{workflow}", f"team:{team}", f"team:{team}:{month}"]
    limits = [f"connection:{connection}", f"workflow:{workflow}", f"team:{team}"]
    found, model = holds.budgets_of(team=team, subjects=budgets)
    return Wanted(budgets=found, limits=holds.limits_of(team=team, subjects=limits), model=model)
