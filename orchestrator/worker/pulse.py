"""What a worker process does beside steps, every second: its lease, strays, deadlines, cancelled claims, watched runs.

A step whose code does not end at its deadline is failed here; its thread cannot be ended. When too many threads are lost like
that, the process claims nothing more and ends, and whoever started it starts another.

`tick(now)` is a plain function of steady seconds (clock.py), which only measure how regular the renewals were; leases and timers
themselves compare in SQL. After a suspend or an outage renewals come first, so nobody's crash is counted for it.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from orchestrator.operations import overdue, upkeep
from orchestrator.worker import committers, deltas
from orchestrator.worker.clock import steady
from orchestrator.worker.held import Held, Holding, holding
from orchestrator.worker.identity import Identity, identity
from orchestrator.worker.publisher import Publisher, publisher
from orchestrator.worker.sweeper import Sweeper

RENEW, STEADY = 5.0, 20.0
JUMP = 10.0
"""Seconds by which the database's clock and this process's may come apart between two renewals."""
LATE = 3.0
"""Seconds without a tick after which a step that was stopped gets its time to end anew."""
GRACE = 20.0
"""Seconds after its deadline in which a step may end by itself: its calls were cancelled, and what it writes may have to wait."""
STUCK = 30.0
"""Seconds after its claim was stopped from when a thread that still works on it counts as lost."""
logger = logging.getLogger(__name__)


@dataclass
class Pulse:
    """One per worker process."""

    sweeper: Sweeper
    identity: Identity = field(default_factory=lambda: identity)
    holding: Holding = field(default_factory=lambda: holding)
    publisher: Publisher = field(default_factory=lambda: publisher)
    renewed_at: float = 0.0
    steady_since: float = 0.0
    leave: Callable[[], None] = lambda: None
    """Drains this process and ends it."""
    is_leaving: bool = False
    suspects: set[Held] = field(default_factory=set)

    def tick(self, now: float) -> None:
        """Call it every second."""
        if now - self.renewed_at >= RENEW:
            self._renew(now)
        self._stop_what_is_over(now)
        deltas.watch(self.publisher.watched(sorted({claim.run for claim in self.holding.claims()})))
        if self.publisher.came_back.is_set():
            self.publisher.came_back.clear()
            self.sweeper.wake_everything()
        if committers.run(upkeep.tick):
            self.sweeper.sweep(take_back_lost=self._may_judge(now))
        committers.run(upkeep.elapse_due)

    def _may_judge(self, now: float) -> bool:
        """Whether the leases tell who is gone: this process's renewals had no gap, and the database's clock did not jump."""
        if self._has_clock_jumped(now):
            self._renew(now)
        return now - self.steady_since >= STEADY

    def _has_clock_jumped(self, now: float) -> bool:
        """Since the last renewal. Then everybody's lease looks old, or new, until each that is alive has renewed it."""
        seen = committers.run(upkeep.since_seen, worker=self.identity.number)
        return seen is None or abs(seen - (now - self.renewed_at)) > JUMP

    def _renew(self, now: float) -> None:
        is_first = not self.renewed_at
        if now - self.renewed_at > 2 * RENEW or self._has_clock_jumped(now):
            self.steady_since = now
        committers.run(upkeep.seen, worker=self.identity.number, slot=settings.BATON_SLOT)
        self.renewed_at = self.identity.renewed_at = now
        if is_first:
            left = committers.run(upkeep.left_in_slot, worker=self.identity.number, slot=settings.BATON_SLOT)
            self._take_back(Held(*one) for one in left)
        self._drop_strays()

    def _drop_strays(self) -> None:
        """A claim whose answer was lost with its connection names this process, but no thread works on it."""
        named = {Held(*one) for one in committers.run(upkeep.held, worker=self.identity.number)}
        strays = named - self.holding.claims()
        self._take_back(strays & self.suspects, crashed=False)
        self.suspects = strays

    def _stop_what_is_over(self, now: float) -> None:
        """End the calls of claims that are no longer ours (a cancelled run, a lease that was lost) or too old."""
        claims = self.holding.claims()
        if not claims:
            return
        named = {Held(*one) for one in committers.run(upkeep.held, worker=self.identity.number)}
        settled = claims - named
        for claim in settled & self.holding.claims():
            self.holding.stop(claim, now=now)
        late = {Held(*one) for one in committers.run(upkeep.overdue, worker=self.identity.number)}
        for claim in late:
            self.holding.stop(claim, now=now, overdue=True)
        self._fail_hung(late & self.holding.stuck(now, after=GRACE))
        self._leave_if_stuck(now)

    def _fail_hung(self, hung: set[Held]) -> None:
        """Steps whose code did not stop when its calls did. What waits behind them in their thread is given to others."""
        if hung:
            logger.error("steps did not end at their deadline", extra={"steps": sorted(hung)})
            committers.run(overdue.fail_hung, steps=hung)
            self._take_back(self.holding.beside(hung), crashed=False)

    def _leave_if_stuck(self, now: float) -> None:
        """A quarter of the threads is lost: this process is no longer of use."""
        lost = self.holding.stuck(now, after=STUCK)
        if not self.is_leaving and len(lost) * 4 >= max(1, settings.BATON_THREADS):
            self.is_leaving = True
            logger.error("too many threads are stuck, this worker ends", extra={"stuck": len(lost)})
            self.leave()

    def _take_back(self, steps: Iterable[Held], *, crashed: bool = True) -> None:
        found = list(steps)
        if found:
            committers.run(upkeep.take_back, steps=found, crashed=crashed)


def beat(pulse: Pulse, ended: threading.Event) -> None:
    """Tick every second until the process ends."""
    ticked_at = steady()
    while not ended.is_set():
        now = steady()
        if now - ticked_at > LATE:
            pulse.holding.start_anew(now)
        try:
            pulse.tick(now)
            ticked_at = now
        except (DatabaseError, InterfaceError) as error:  # the lease runs out meanwhile, and the next tick renews it
            logger.warning("pulse failed, the database is away", extra={"error": str(error)[:200]})
        except Exception:  # a pulse that ends leaves a process that works on without a lease
            logger.exception("pulse failed")
        ended.wait(1.0)
