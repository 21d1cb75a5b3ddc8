"""Questions found by their id or by the event that they wait for."""

from dataclasses import dataclass

from orchestrator.store.database import IS_POSTGRES, NOW, execute

_FIND = "SELECT run_id, path, round, key, kind, status FROM question WHERE id = %s"
_WAITING = """
    SELECT question.run_id, path, round, key, kind, question.status FROM question JOIN run ON run.id = question.run_id
    WHERE event = %s AND question.status = 'open' AND run.team_id = %s ORDER BY question.id LIMIT 1000"""

_WITH_EVENT = """
    SELECT run_id, path, round, key, kind, status FROM question WHERE event = %s AND status = 'open' ORDER BY id LIMIT 1000"""
_OLDEST = """
    SELECT question.run_id, path, round, key, kind, question.status FROM question JOIN run ON run.id = question.run_id
    WHERE event = %s AND question.status = 'open' AND NOT run.paused AND run.status IN ('queued', 'running', 'waiting')
    ORDER BY question.id LIMIT 1"""
_DECIDED = """
    SELECT id FROM budget WHERE NOT asked AND EXISTS (
        SELECT 1 FROM question WHERE status = 'open' AND event = 'budget:' || CAST(budget.id AS text)) LIMIT 200"""
_KEEP = f"""
    INSERT INTO delivered_event (team_id, event, payload, at) VALUES (%s, %s, %s, {NOW})
    ON CONFLICT (team_id, event) DO UPDATE SET payload = excluded.payload, at = excluded.at"""
# Not what a step of the same graph (the run's own, or that of the same item) has heard already.
_ELSEWHERE = "CASE WHEN CAST(%s AS text) = '' THEN heard.path LIKE '%%[%%' ELSE substr(heard.path, 1, %s) <> %s END"
_KEPT = f"""
    SELECT payload FROM delivered_event AS kept JOIN run ON run.team_id = kept.team_id
    WHERE run.id = %s AND kept.event = %s AND kept.at >= run.created_at AND NOT EXISTS (
        SELECT 1 FROM question AS heard WHERE heard.run_id = run.id AND heard.event = kept.event
        AND heard.status = 'answered' AND heard.answered_at >= kept.at
        AND substr(heard.answer, 1, 21) = '{{"verdict": "arrived"' AND NOT {_ELSEWHERE})"""
_FORGET = f"DELETE FROM delivered_event WHERE at < {NOW} - %s"
_LOCKED = "FOR NO KEY UPDATE" if IS_POSTGRES else ""
_LOCK_RUN = f"SELECT id FROM run WHERE id = %s {_LOCKED}"
_IS_DUE = f"""
    SELECT 1 FROM question WHERE run_id = %s AND path = %s AND round = %s AND key = %s AND status = 'open' AND due_at <= {NOW}"""
_SET_DUE = "UPDATE question SET due_at = %s WHERE id = %s AND status = 'open'"


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


def keep_event(*, team: int, event: str, payload: str) -> None:
    """Keep the payload (JSON text) for steps that will wait for it; a newer one takes its place."""
    execute(_KEEP, [team, event, payload])


def kept_event(*, run: int, path: str, event: str) -> str | None:
    """The payload of an event that came after the run had begun, and before this step asked for it."""
    item = path[: path.rfind("]") + 1]
    row = execute(_KEPT, [run, event, item, len(item), item]).fetchone()
    return None if row is None else str(row[0])


def forget_events(*, older: float) -> int:
    """Drop those that came so many seconds ago; how many."""
    return int(execute(_FORGET, [older]).rowcount)


def oldest(*, event: str) -> Found | None:
    """The one that waits longest for it, in a run that would go on: else the hint would be lost on it."""
    row = execute(_OLDEST, [event]).fetchone()
    return _found(row) if row else None


def is_still_due(*, run: int, path: str, round_number: int, key: str) -> bool:
    """Whether the question's time has come, once the run is locked: somebody may have decided a moment ago."""
    execute(_LOCK_RUN, [run])
    return execute(_IS_DUE, [run, path, round_number, key]).fetchone() is not None


def set_due(*, question: int, due_at: float | None) -> None:
    """Another time for an open question, None for no time. The caller holds the run's lock."""
    execute(_SET_DUE, [due_at, question])


def decided_budgets() -> list[int]:
    """Budgets that nobody is asked about while steps still wait for them."""
    return [row[0] for row in execute(_DECIDED, []).fetchall()]


def _found(row: tuple[int, str, int, str, str, str]) -> Found:
    run, path, round_number, key, kind, status = row
    return Found(run=run, path=path, round=round_number, key=key, kind=kind, status=status)
