"""Tokens while they come: only for runs that somebody watches, coalesced, never stored.

The pulse learns which runs are watched and sends what has come together; see pulse.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field

from orchestrator.contract.messages import Delta, OnDelta
from orchestrator.engine.values import Json
from orchestrator.worker.held import Held

_lock = threading.Lock()
_watched: frozenset[int] = frozenset()
_streams: dict[tuple[Held, str], "Stream"] = {}


@dataclass(slots=True)
class Stream:
    """One call's text so far, and what of it was not sent yet."""

    text: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)


def watch(runs: Collection[int]) -> None:
    """These runs are watched, for now."""
    global _watched  # noqa: PLW0603  (one set per process, replaced as a whole)
    _watched = frozenset(runs)


def is_watched(run: int) -> bool:
    return run in _watched


def collector(claim: Held, key: str) -> OnDelta:
    """What a provider calls with each piece."""

    def collect(delta: Delta) -> None:
        if delta.text:
            with _lock:
                stream = _streams.setdefault((claim, key), Stream())
                stream.text.append(delta.text)
                stream.fresh.append(delta.text)

    return collect


def forget(claim: Held, key: str) -> None:
    """The call is over; its outcome replaces the pieces."""
    with _lock:
        _streams.pop((claim, key), None)


def take(*, whole: bool) -> dict[int, list[Json]]:
    """Per run what has come since last time; with `whole` also the text so far, for those who came late."""
    found: dict[int, list[Json]] = {}
    with _lock:
        for (claim, key), stream in _streams.items():
            if stream.fresh:
                piece = {"step": claim.path, "attempt": claim.attempt, "call": key, "tokens": "".join(stream.fresh)}
                found.setdefault(claim.run, []).append(piece | ({"text": "".join(stream.text)} if whole else {}))
                stream.fresh.clear()
    return found


def is_streaming() -> bool:
    """Whether any watched call is under way."""
    return bool(_streams)
