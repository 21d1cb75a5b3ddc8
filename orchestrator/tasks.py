"""Celery's side: the one task, "this run has work in this queue", and what a worker process starts beside it."""

import threading

from celery import shared_task, signals

from orchestrator.operations import upkeep
from orchestrator.sweeper import Sweeper
from orchestrator.worker import committers, publisher, turn
from orchestrator.worker.held import holding
from orchestrator.worker.pulse import Pulse, beat

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
    threading.Thread(target=beat, args=[Pulse(sweeper=sweeper), _ended], name="pulse", daemon=True).start()


@signals.worker_shutting_down.connect
def drain(**_: object) -> None:
    """Claim nothing new; what runs finishes, up to Celery's own patience."""
    turn.draining.set()


@signals.worker_shutdown.connect
def let_go(**_: object) -> None:
    """Give back what did not finish; that is no crash."""
    _ended.set()
    committers.run(upkeep.take_back, steps=holding.claims(), crashed=False)
