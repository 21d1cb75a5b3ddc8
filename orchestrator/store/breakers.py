"""The circuit breakers of connections as rows that all processes share. A breaker that was never told of a failure has none."""

from django.db import transaction

from orchestrator.engine.breaker import Breaker, BreakerState, Signal, after, seconds_to_wait
from orchestrator.store.database import IS_POSTGRES, current_time, execute

_READ = "SELECT state, failures, due_at FROM breaker WHERE connection_id = %s"
_LOCK = f"{_READ} FOR UPDATE" if IS_POSTGRES else _READ
_WRITE = """
    INSERT INTO breaker (connection_id, state, failures, due_at)
    SELECT id, %s, %s, %s FROM connection WHERE id = %s
    ON CONFLICT (connection_id) DO UPDATE SET state = excluded.state, failures = excluded.failures, due_at = excluded.due_at"""


def find(*, connection: int) -> Breaker:
    """Where the connection stands."""
    return _read(_READ, connection)


def ask(*, connection: int) -> float:
    """Seconds that a call has to wait. 0: it goes through; of those that ask when a pause is over, one does."""
    with transaction.atomic():
        breaker, now = _read(_LOCK, connection), current_time()
        wait = seconds_to_wait(breaker, now=now)
        if not wait and breaker.state is not BreakerState.CLOSED:
            _write(connection, after(breaker, signal=Signal.DUE, now=now))
    return wait


def tell(*, connection: int, signal: Signal, retry_after: float | None = None) -> tuple[Breaker, Breaker]:
    """Where the connection stood, and where it stands after how a call of it ended."""
    with transaction.atomic():
        before = _read(_LOCK, connection)
        now = after(before, signal=signal, now=current_time(), retry_after=retry_after)
        if now != before:
            _write(connection, now)
    return before, now


def _read(statement: str, connection: int) -> Breaker:
    row = execute(statement, [connection]).fetchone()
    return Breaker(state=BreakerState(row[0]), failures=row[1], due=row[2]) if row else Breaker()


def _write(connection: int, breaker: Breaker) -> None:
    execute(_WRITE, [breaker.state.value, breaker.failures, breaker.due, connection])
