"""The cluster's tick: one process at a time finds, from rows alone, what was lost, and repairs it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import DatabaseError

from orchestrator.dispatch import Outbox, outbox
from orchestrator.facts import tick_listeners
from orchestrator.operations import answers, budgets, cache, calls, deleting, files, upkeep
from orchestrator.worker import committers
from orchestrator.worker.clock import steady

FORGET_EVERY = 60.0
"""Seconds between two looks for what is no longer kept."""
logger = logging.getLogger(__name__)


@dataclass
class Sweeper:
    """Plain SELECTs first, at most 200 rows a kind. `is_away` tells whether the broker takes nothing now."""

    is_away: Callable[[], bool]
    outbox: Outbox = outbox
    forgot_at: float = 0.0

    def sweep(self, *, take_back_lost: bool) -> None:
        """One tick. Lost steps are left alone while this process's own renewals had a gap."""
        if take_back_lost:
            committers.run(_take_back_lost)
        self._wake_quiet()
        committers.run(_repair)
        committers.run(_tell_tick)
        if steady() - self.forgot_at >= FORGET_EVERY:
            self.forgot_at = steady()
            self.forget_old()

    def forget_old(self) -> None:
        """Runs that their workflows no longer keep, a transaction each, so that nobody waits for long; workflows that were
        deleted, unused uploads."""
        forgotten = sum(committers.run(deleting.forget, run=run) for run in committers.run(deleting.expired))
        if forgotten:
            logger.info("expired runs deleted", extra={"runs": forgotten})
        committers.run(deleting.remove_deleted)
        committers.run(_remove_files)

    def _wake_quiet(self) -> None:
        """Runs with ready work that nobody woke for a while; only what the broker took counts as a wake-up."""
        for work in committers.run(upkeep.quiet):
            self.outbox.wake(run=work.run, queue=work.queue, number=work.wakeups)
            if not self.is_away():
                committers.run(upkeep.woken, run=work.run)

    def wake_everything(self) -> None:
        """The broker has come back, perhaps empty: every run with ready work, and the back-off begins anew."""
        for work in committers.run(upkeep.with_ready_work):
            self.outbox.wake(run=work.run, queue=work.queue, number=work.wakeups)
            committers.run(upkeep.woken, run=work.run, afresh=True)


def _take_back_lost() -> None:
    found = upkeep.lost()
    if found:
        taken = upkeep.take_back(steps=found)
        logger.warning("steps of lost workers taken back", extra={"steps": taken})


def _repair() -> None:
    """Timers, slots and reservations of calls that nobody will end, budgets that were decided, cached results."""
    upkeep.elapse_due()
    calls.return_orphans()
    for budget in budgets.decided_but_waited_for():
        budgets.wake_waiting(budget=budget)
    cache.forget_expired()
    answers.forget_events()
    upkeep.forget_workers()


def _remove_files() -> None:
    files.doom_unused(now=datetime.fromtimestamp(upkeep.clock(), UTC))
    files.remove_doomed()


def _tell_tick() -> None:
    """The listeners of other apps; one that fails does not stop the others. Each makes its own transactions: reviews answers
    many runs, and a transaction never locks two of them."""
    now = upkeep.clock()
    for listener in tick_listeners():
        try:
            listener(now)
        except DatabaseError:
            logger.exception("a listener of the tick failed")
