"""Celery's side: the one task, "this run has work in this queue", and what a worker process starts beside it."""

import os
import signal
import threading

from celery import shared_task, signals
from django.conf import settings

from orchestrator.operations import upkeep
from orchestrator.worker import committers, publisher, turn
from orchestrator.worker.clock import steady
from orchestrator.worker.held import holding
from orchestrator.worker.pulse import Pulse, beat
from orchestrator.worker.sweeper import Sweeper

LEAVE_SECONDS = 3.0
"""From when the claims are given back; a thread that has not ended then never will."""
STUCK = 70
"""The exit status of a process that had to leave threads behind."""
_ended = threading.Event()


@shared_task(name=publisher.TASK)
def work(*, run: int, queue: str, **_: object) -> None:
    """Claim what is ready, run it, settle it and claim the next. Lost, late and repeated messages do no harm."""
    turn.work_on(run=run, queue=queue)


@signals.worker_ready.connect
def begin_pulse(**_: object) -> None:
    """Open the connections, take the lease, begin to publish."""
    committers.warm_up()
    publisher.start()
    sweeper = Sweeper(is_away=lambda: publisher.publisher.is_away)
    threading.Thread(target=beat, args=[Pulse(sweeper=sweeper, leave=leave), _ended], name="pulse", daemon=True).start()


@signals.worker_shutting_down.connect
def drain(**_: object) -> None:
    """Claim nothing new. What has not finished after BATON_DRAIN_SECONDS is given back, and its calls end."""
    turn.draining.set()
    threading.Thread(target=_give_up, name="drain", daemon=True).start()


def _give_up() -> None:
    if _ended.wait(settings.BATON_DRAIN_SECONDS):
        return
    let_go()
    if not _ended.wait(LEAVE_SECONDS):
        os._exit(STUCK)


def leave() -> None:
    """End this process as an operator would: it drains first."""
    os.kill(os.getpid(), signal.SIGTERM)


def let_go() -> None:
    """Give back the claims of this process; that is no crash."""
    claims = holding.claims()
    committers.run(upkeep.take_back, steps=claims, crashed=False)
    for claim in claims:
        holding.stop(claim, now=steady())


@signals.worker_shutdown.connect
def end(**_: object) -> None:
    """The last words of the process."""
    _ended.set()
    let_go()
