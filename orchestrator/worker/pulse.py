"""What a worker process does beside steps, every second: its lease, strays, deadlines, cancelled claims, watched runs.

`tick(now)` is a plain function of steady seconds (clock.py), which only measure how regular the renewals were; leases and timers
themselves compare in SQL. After a suspend or an outage renewals come first, so nobody's crash is counted for it.
"""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from orchestrator.operations import upkeep
from orchestrator.worker import committers, deltas
from orchestrator.worker.clock import steady
from orchestrator.worker.held import Held, Holding, holding
from orchestrator.worker.identity import Identity, identity
from orchestrator.worker.publisher import Publisher, publisher
from orchestrator.worker.sweeper import Sweeper

RENEW, STEADY = 5.0, 20.0
SOON = 5.0
"""Seconds within which a timer is this process's to wait for."""
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
    suspects: set[Held] = field(default_factory=set)

    def tick(self, now: float) -> None:
        """Call it every second."""
        if now - self.renewed_at >= RENEW:
            self._renew(now)
        self._stop_what_is_over()
        deltas.watch(self.publisher.watched(sorted({claim.run for claim in self.holding.claims()})))
        if self.publisher.came_back.is_set():
            self.publisher.came_back.clear()
            self.sweeper.wake_everything()
        if committers.run(upkeep.tick):
            self.sweeper.sweep(take_back_lost=now - self.steady_since >= STEADY)
        committers.run(upkeep.elapse_due)

    def _renew(self, now: float) -> None:
        is_first = not self.renewed_at
        if now - self.renewed_at > 2 * RENEW:
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

    def _stop_what_is_over(self) -> None:
        """End the calls of claims that are no longer ours (a cancelled run, a lease that was lost) or too old."""
        claims = self.holding.claims()
        if not claims:
            return
        named = {Held(*one) for one in committers.run(upkeep.held, worker=self.identity.number)}
        settled = claims - named
        for claim in settled & self.holding.claims():
            self.holding.stop(claim)
        for one in committers.run(upkeep.overdue, worker=self.identity.number):
            self.holding.stop(Held(*one), overdue=True)

    def _take_back(self, steps: Iterable[Held], *, crashed: bool = True) -> None:
        found = list(steps)
        if found:
            committers.run(upkeep.take_back, steps=found, crashed=crashed)


def beat(pulse: Pulse, ended: threading.Event) -> None:
    """Tick every second until the process ends."""
    while not ended.is_set():
        try:
            pulse.tick(steady())
        except (DatabaseError, InterfaceError) as error:  # the lease runs out meanwhile, and the next tick renews it
            logger.warning("pulse failed, the database is away", extra={"error": str(error)[:200]})
        except Exception:  # a pulse that ends leaves a process that works on without a lease
            logger.exception("pulse failed")
        ended.wait(1.0)
