"""When a failed step is tried again: one policy, a value on every node."""

from dataclasses import dataclass
from typing import Self

from orchestrator.engine.values import JsonObject

LONGEST_RETRY_AFTER = 15 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`tries` in all, the first included. The wait doubles (`factor`) from `wait` to at most `longest` seconds."""

    tries: int = 4
    wait: float = 1.0
    factor: float = 2.0
    longest: float = 60.0
    node_errors: bool = False
    """Whether errors of the node itself (not only of a call) are tried again, in a new round."""

    @classmethod
    def from_document(cls, source: JsonObject) -> Self:
        return cls(**source)


def delay(policy: RetryPolicy, *, tries: int, jitter: float, retry_after: float | None = None) -> float | None:
    """Seconds until the next try after `tries` have failed, or None when there is none.

    `jitter` is a number from 0 to 1 and takes away up to half of the wait (AWS Architecture Blog, "Exponential Backoff
    And Jitter", the variant "equal jitter"). A vendor's Retry-After wins, up to 15 minutes.
    """
    if tries >= policy.tries:
        return None
    if retry_after is not None:
        return min(max(retry_after, 0.0), LONGEST_RETRY_AFTER)
    full = min(policy.longest, policy.wait * policy.factor ** (tries - 1))
    return full * (1 - jitter / 2)
