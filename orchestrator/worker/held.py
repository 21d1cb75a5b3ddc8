"""What this process works on right now: its claimed steps, and the futures that can be cancelled for them."""

import threading
from concurrent.futures import Future
from typing import NamedTuple

from orchestrator.engine.values import Json


class Held(NamedTuple):
    """A claim: it is fenced by its attempt."""

    run: int
    path: str
    attempt: int


class Holding:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Held, set[Future[Json]]] = {}
        self._stopped: set[Held] = set()
        self._overdue: set[Held] = set()

    def add(self, claims: set[Held]) -> None:
        with self._lock:
            self._held |= {claim: set() for claim in claims}

    def remove(self, claims: set[Held]) -> None:
        with self._lock:
            for claim in claims:
                self._held.pop(claim, None)
                self._stopped.discard(claim)
                self._overdue.discard(claim)

    def claims(self) -> set[Held]:
        with self._lock:
            return set(self._held)

    def track(self, claim: Held, future: "Future[Json]") -> None:
        """Cancel this future when the claim is stopped; at once if it was."""
        with self._lock:
            self._held.setdefault(claim, set()).add(future)
            is_stopped = claim in self._stopped
        if is_stopped:
            future.cancel()

    def stop(self, claim: Held, *, overdue: bool = False) -> None:
        """End the calls of a claim: it is no longer this process's, or its deadline is over."""
        with self._lock:
            futures = list(self._held.get(claim, ()))
            self._stopped.add(claim)
            if overdue:
                self._overdue.add(claim)
        for future in futures:
            future.cancel()

    def is_stopped(self, claim: Held) -> bool:
        with self._lock:
            return claim in self._stopped

    def is_overdue(self, claim: Held) -> bool:
        with self._lock:
            return claim in self._overdue


holding = Holding()
"""The one of this process."""
