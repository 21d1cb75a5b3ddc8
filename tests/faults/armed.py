"""The worker's Celery app with something wrong built in, named by the environment. Started as `celery -A tests.faults.armed`.

CRASH_AT=POINT:PATH lets the process die, once, when the step of that path is
  claim     claimed, and nothing of it has been done
  commit    settled and written, but its transaction is not through
  publish   settled, and the wake-ups and doorbells have not left
  ask       waiting for a person: its question has been committed a moment ago
REWORDED=1 changes words that the agent's node type has built in, as a new release may.
"""

import os

import django

from config.celery import app

django.setup()

from orchestrator.engine.messages import Ask  # noqa: E402
from orchestrator.nodes import agent  # noqa: E402
from orchestrator.operations import work  # noqa: E402
from orchestrator.operations.work import Committed  # noqa: E402
from orchestrator.store.near import Near  # noqa: E402
from orchestrator.worker import publisher  # noqa: E402
from tests.faults.armed_points import CRASHED, mark_of  # noqa: E402

POINT, _, PATH = os.environ.get("CRASH_AT", "").partition(":")
_go_on, _write, _flush = work.go_on, Near.write, publisher.Publisher.flush
_is_settled: list[bool] = []


def crash() -> None:
    mark = mark_of(POINT)
    if not mark.exists():
        mark.touch()
        os._exit(CRASHED)


def go_on(**given: object) -> Committed:
    """work.go_on, and its crash points."""
    done = _go_on(**given)  # type: ignore[arg-type]
    commands = given.get("commands") or ()
    is_ours = any(getattr(command, "path", None) == PATH for command in commands)  # type: ignore[attr-defined]
    if POINT == "claim" and any(step.path == PATH for step in done.steps):
        crash()
    if POINT == "ask" and any(isinstance(command, Ask) for command in commands):  # type: ignore[attr-defined]
        crash()
    if POINT == "publish" and is_ours:
        _is_settled.append(True)
    return done


def write(near: Near, seq: int, before: object) -> None:
    """Near.write: the last thing before the transaction's end."""
    _write(near, seq, before)  # type: ignore[arg-type]
    if POINT == "commit" and any(step.path == PATH and step.status == "succeeded" for step in near.changed.values()):
        crash()


def flush(self: publisher.Publisher, now: float) -> None:
    """Publisher.flush: nothing leaves any more once the step is settled."""
    if _is_settled:
        crash()
    _flush(self, now)


work.go_on = go_on
Near.write = write  # type: ignore[method-assign,assignment]
publisher.Publisher.flush = flush  # type: ignore[method-assign]
if "REWORDED" in os.environ:
    agent.RULES = f"These are the words of another release. {agent.RULES}"

__all__ = ["app"]
