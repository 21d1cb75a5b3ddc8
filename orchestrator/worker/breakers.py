"""Asks a connection's breaker before a call and tells it after one. While nothing fails this costs one read in two seconds."""

from contextlib import suppress

from django.db import DatabaseError, InterfaceError

from orchestrator.contract.errors import CallError, TransientCallError
from orchestrator.engine.values import BatonError
from orchestrator.operations import breakers
from orchestrator.operations.breakers import Breaker, BreakerState, Signal
from orchestrator.worker import committers
from orchestrator.worker.kept import Kept

_seen: Kept[Breaker] = Kept()
forget = _seen.clear


def ask(connection: int) -> None:
    """Raises Resting. The demo model (0) needs no breaker."""
    if connection and _find(connection).state is not BreakerState.CLOSED:
        committers.run(breakers.ask, connection=connection)


def tell(connection: int, error: BatonError | None) -> None:
    """How a call ended. A success is written only where failures are known: at most two seconds late, and it is a hint."""
    if not connection or not (error is None or isinstance(error, CallError)):
        return
    with suppress(DatabaseError, InterfaceError):  # the call's own outcome is stored; this is not worth a failed step
        if isinstance(error, TransientCallError):
            _tell(connection, Signal.FAILED, error.retry_after)
        elif _find(connection).failures:
            _tell(connection, Signal.SUCCEEDED, None)


def _find(connection: int) -> Breaker:
    return _seen.get(connection, lambda: committers.run(breakers.find, connection=connection))


def _tell(connection: int, signal: Signal, retry_after: float | None) -> None:
    committers.run(breakers.tell, connection=connection, signal=signal, retry_after=retry_after)
    _seen.clear()
