"""What a process must still publish: wake-ups for workers, doorbells for pages. Both are hints and may be lost.

Operations note here what a commit came to; the process's pulse thread takes what is due and sends it. Nothing is sent inside
a request or a transaction.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field

QUIET = 0.1
"""Seconds between two doorbells of one run, urgent ones excepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """A run is at this seq."""

    seq: int
    urgent: bool


@dataclass(slots=True)
class Due:
    """What may be sent now."""

    wakeups: Counter[tuple[int, str]] = field(default_factory=Counter)
    bells: dict[int, Bell] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)

    def is_empty(self) -> bool:
        return not (self.wakeups or self.bells or self.topics)


class Outbox:
    """Thread-safe. `wanted` is set when something should leave at once."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self._lock = threading.Lock()
        self._wakeups: Counter[tuple[int, str]] = Counter()
        self._bells: dict[int, Bell] = {}
        self._rung: dict[int, float] = {}
        self._topics: set[str] = set()

    def committed(self, *, run: int, seq: int, wakeups: dict[str, int], urgent: bool) -> None:
        """A commit happened: ring for it and send its wake-ups, soon."""
        with self._lock:
            old = self._bells.get(run)
            self._bells[run] = Bell(seq=max(seq, old.seq if old else 0), urgent=urgent or bool(old and old.urgent))
            for queue, number in wakeups.items():
                self._wakeups[run, queue] += number
            is_due = bool(wakeups) or urgent or run not in self._rung
        if is_due:
            self.wanted.set()

    def wake(self, *, run: int, queue: str, number: int = 1) -> None:
        """Workers should look at this run."""
        with self._lock:
            self._wakeups[run, queue] += number
        self.wanted.set()

    def changed(self, topic: str) -> None:
        """What pages show of this topic (`team:<id>:reviews`) has changed: they are told so, and ask for it anew."""
        with self._lock:
            self._topics.add(topic)
        self.wanted.set()

    def take(self, now: float) -> Due:
        """What is due at `now` (monotonic seconds); it is no longer here then."""
        with self._lock:
            self._rung = {run: at for run, at in self._rung.items() if at > now - QUIET}
            bells = {run: bell for run, bell in self._bells.items() if bell.urgent or run not in self._rung}
            due = Due(wakeups=self._wakeups, bells=bells, topics=self._topics)
            self._wakeups, self._topics = Counter(), set()
            self._bells = {run: bell for run, bell in self._bells.items() if run not in bells}
            self._rung |= dict.fromkeys(bells, now)
        return due

    def put_back(self, due: Due) -> None:
        """What the broker did not take."""
        with self._lock:
            self._wakeups.update(+due.wakeups)
            self._bells = due.bells | self._bells
            self._topics |= due.topics

    def is_waiting(self) -> bool:
        """Whether something is there that is not due yet, or rang just now."""
        with self._lock:
            return bool(self._bells or self._rung or self._wakeups or self._topics)


outbox = Outbox()
"""The one of this process."""
