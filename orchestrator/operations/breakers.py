"""Circuit breakers: calls of a connection that failed too often in a row wait, one tries, and whoever waits is woken."""

from orchestrator.engine.breaker import Breaker, BreakerState, Signal
from orchestrator.operations import answers
from orchestrator.store import breakers, questions
from orchestrator.store.holds import Blocked

__all__ = ["Breaker", "BreakerState", "Resting", "Signal", "ask", "event_of", "find", "tell"]

find = breakers.find


class Resting(Blocked):
    """This connection failed too often in a row. Its calls wait until a single one of them has worked again."""

    code = "connection_rests"


def ask(*, connection: int) -> None:
    """Before a call. Raises Resting with the seconds to `wait`; where a pause is over, one caller goes through to try."""
    wait = breakers.ask(connection=connection)
    if wait:
        raise Resting(event=event_of(connection), wait=wait)


def tell(*, connection: int, signal: Signal, retry_after: float | None = None) -> None:
    """After a call. When the connection works again, the steps that wait for it are woken, a transaction per run; should
    that be cut short, their own time wakes the rest."""
    before, now = breakers.tell(connection=connection, signal=signal, retry_after=retry_after)
    if before.state is not now.state and now.state is BreakerState.CLOSED:
        for found in questions.with_event(event=event_of(connection)):
            answers.wake(found, verdict="free")


def event_of(connection: int) -> str:
    """What the steps wait for."""
    return f"breaker:{connection}"
