"""The circuit breaker of a connection: after failures in a row its calls wait, then one of them tries whether it works again.

Pure: the clock is an argument, the table says which states follow (M. Nygard, "Release It!", "Circuit Breaker").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.engine.retry import LONGEST_RETRY_AFTER

MOST_FAILURES = 10
"""In a row, of all calls of the connection: those of one dead step are four."""
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
LONGEST_PROBE = 60.0
"""Seconds after which the call that tries is taken for lost, and another one may."""


class BreakerState(StrEnum):
    """What a connection's calls may do."""

    CLOSED = "closed"
    """They are made."""
    OPEN = "open"
    """They wait until the pause is over."""
    HALF_OPEN = "half_open"
    """One is made; the others wait for how it ends."""


class Signal(StrEnum):
    """What a breaker is told."""

    SUCCEEDED = "succeeded"
    """The vendor answered, if only to refuse this one request for good."""
    FAILED = "failed"
    """A call failed in a way that passes."""
    TRIPPED = "tripped"
    """The same, and there were too many in a row."""
    DUE = "due"
    """The pause is over and a call asks: it is the one that tries."""


BREAKER_TRANSITIONS: Mapping[tuple[BreakerState, Signal], BreakerState] = {
    (BreakerState.CLOSED, Signal.TRIPPED): BreakerState.OPEN,
    (BreakerState.OPEN, Signal.DUE): BreakerState.HALF_OPEN,
    (BreakerState.HALF_OPEN, Signal.SUCCEEDED): BreakerState.CLOSED,
    (BreakerState.HALF_OPEN, Signal.TRIPPED): BreakerState.OPEN,
    (BreakerState.HALF_OPEN, Signal.DUE): BreakerState.HALF_OPEN,
}
"""Whatever is not here changes no state. An open breaker ends by its pause alone: calls that were under way when it opened
tell nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Where a connection stands: `failures` in a row, and until when (seconds since the epoch) its calls wait."""

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    due: float = 0.0


def after(breaker: Breaker, *, signal: Signal, now: float, retry_after: float | None = None) -> Breaker:
    """The breaker after a signal (SUCCEEDED, FAILED or DUE). A vendor's Retry-After makes the pause longer, up to 15 min."""
    if breaker.state is BreakerState.OPEN and signal is not Signal.DUE:
        return breaker
    failures = _failures(breaker, signal)
    if signal is Signal.FAILED and failures >= MOST_FAILURES:
        signal = Signal.TRIPPED
    state = BREAKER_TRANSITIONS.get((breaker.state, signal))
    if state is None:
        return Breaker(state=breaker.state, failures=failures, due=breaker.due)
    return Breaker(state=state, failures=failures, due=_due(state, failures, now, retry_after))


def seconds_to_wait(breaker: Breaker, *, now: float) -> float:
    """How long a call has to wait before it may ask again; 0 where it need not."""
    return 0.0 if breaker.state is BreakerState.CLOSED else max(0.0, breaker.due - now)


def _failures(breaker: Breaker, signal: Signal) -> int:
    if signal is Signal.SUCCEEDED:
        return 0
    return breaker.failures + (signal is Signal.FAILED)


def _due(state: BreakerState, failures: int, now: float, retry_after: float | None) -> float:
    """The pause doubles with each try that fails."""
    if state is BreakerState.CLOSED:
        return 0.0
    if state is BreakerState.HALF_OPEN:
        return now + LONGEST_PROBE
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - MOST_FAILURES, 10))
    return now + max(pause, min(retry_after or 0.0, LONGEST_RETRY_AFTER))


def diagram() -> str:
    """The table as the body of a Mermaid diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {BreakerState.CLOSED}"]
    lines += [f"    {state} --> {target}: {signal}" for (state, signal), target in BREAKER_TRANSITIONS.items()]
    return "\n".join(lines) + "\n"
