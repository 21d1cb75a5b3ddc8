"""Questions found by their id or by the event that they wait for."""

from dataclasses import dataclass

from orchestrator.store.database import execute

_FIND = "SELECT run_id, path, round, key, kind, status FROM question WHERE id = %s"
_WAITING = """
    SELECT question.run_id, path, round, key, kind, question.status FROM question JOIN run ON run.id = question.run_id
    WHERE event = %s AND question.status = 'open' AND run.team_id = %s ORDER BY question.id LIMIT 1000"""

_WITH_EVENT = """
    SELECT run_id, path, round, key, kind, status FROM question WHERE event = %s AND status = 'open' ORDER BY id LIMIT 1000"""
_OLDEST = f"{_WITH_EVENT.removesuffix('LIMIT 1000')} LIMIT 1"
_DECIDED = """
    SELECT id FROM budget WHERE NOT asked AND EXISTS (
        SELECT 1 FROM question WHERE status = 'open' AND event = 'budget:' || CAST(budget.id AS text)) LIMIT 200"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a question stands."""

    run: int
    path: str
    round: int
    key: str
    kind: str
    status: str


def find(*, question: int) -> Found | None:
    row = execute(_FIND, [question]).fetchone()
    return _found(row) if row else None


def waiting_for(*, team: int, event: str) -> list[Found]:
    return [_found(row) for row in execute(_WAITING, [event, team]).fetchall()]


def with_event(*, event: str) -> list[Found]:
    """Every open question that this event answers, whatever its team: events of the product itself."""
    return [_found(row) for row in execute(_WITH_EVENT, [event]).fetchall()]


def oldest(*, event: str) -> Found | None:
    row = execute(_OLDEST, [event]).fetchone()
    return _found(row) if row else None


def decided_budgets() -> list[int]:
    """Budgets that nobody is asked about while steps still wait for them."""
    return [row[0] for row in execute(_DECIDED, []).fetchall()]


def _found(row: tuple[int, str, int, str, str, str]) -> Found:
    run, path, round_number, key, kind, status = row
    return Found(run=run, path=path, round=round_number, key=key, kind=kind, status=status)
