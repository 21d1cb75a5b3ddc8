"""What this process works on right now: its claimed steps, and the futures that can be cancelled for them."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
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
        self._stopped: dict[Held, float] = {}
        self._overdue: set[Held] = set()
        self._working: set[Held] = set()
        self._beside: dict[Held, set[Held]] = {}

    def add(self, claims: set[Held]) -> None:
        """The claims of one commit: one thread works on them, one after the other."""
        with self._lock:
            self._held |= {claim: set() for claim in claims}
            self._beside |= dict.fromkeys(claims, claims)

    def remove(self, claims: set[Held]) -> None:
        with self._lock:
            for claim in claims:
                self._held.pop(claim, None)
                self._beside.pop(claim, None)
                self._working.discard(claim)
                self._stopped.pop(claim, None)
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

    def stop(self, claim: Held, *, now: float, overdue: bool = False) -> None:
        """End the calls of a claim: it is no longer this process's, or its deadline is over. `now` is on the steady clock."""
        with self._lock:
            futures = list(self._held.get(claim, ()))
            self._stopped.setdefault(claim, now)
            if overdue:
                self._overdue.add(claim)
        for future in futures:
            future.cancel()

    def is_stopped(self, claim: Held) -> bool:
        with self._lock:
            return claim in self._stopped

    def start_anew(self, now: float) -> None:
        """The whole process stood still, or had no database: its threads had no time yet to end what was stopped."""
        with self._lock:
            self._stopped = dict.fromkeys(self._stopped, now)

    @contextmanager
    def working(self, claim: Held) -> Iterator[None]:
        """A thread is in this claim's code."""
        with self._lock:
            self._working.add(claim)
        try:
            yield
        finally:
            with self._lock:
                self._working.discard(claim)

    def beside(self, claims: set[Held]) -> set[Held]:
        """The other claims of the threads that are in these: they wait behind them."""
        with self._lock:
            return {other for claim in claims for other in self._beside.get(claim, ())} - claims

    def stuck(self, now: float, *, after: float) -> set[Held]:
        """Claims that were stopped so many seconds ago and whose thread is still in their code: nothing can end it."""
        with self._lock:
            return {claim for claim in self._working if now - self._stopped.get(claim, now) >= after}

    def is_overdue(self, claim: Held) -> bool:
        with self._lock:
            return claim in self._overdue


holding = Holding()
"""The one of this process."""
