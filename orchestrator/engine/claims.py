"""Which ready steps a worker takes, and how many wake-ups ready work deserves."""

from collections.abc import Iterable
from dataclasses import replace

from orchestrator.engine.state import Run, Step, StepStatus

WINDOW = 64
"""Steps of one run that may be claimed, or have a message out, at a time."""
CHUNK = 32
"""Quick steps claimed together."""


def choose(ready: Iterable[Step], *, queue: str, run: Run, worker: int) -> list[Step]:
    """Up to CHUNK quick steps or one other, as far as the run's window allows, claimed under their next attempt."""
    if not run.is_claimable():
        return []
    mine = [step for step in ready if step.queue == queue and step.status is StepStatus.READY]
    quick = [step for step in mine if step.quick]
    chosen = (quick[:CHUNK] or mine[:1])[: max(0, WINDOW - run.running)]
    return [
        replace(step, status=StepStatus.RUNNING, reason="", attempt=step.attempt + 1, worker=worker) for step in chosen
    ]


def wakeups(*, quick: int, slow: int, running: int) -> int:
    """How many messages so many ready steps of one queue deserve: no more than could claim something."""
    room = max(0, WINDOW - running)
    return min(-(-quick // CHUNK), -(-room // CHUNK)) + min(slow, room)
