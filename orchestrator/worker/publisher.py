"""The thread of a process that talks to the broker, so that no request and no transaction ever waits for it.

Wake-ups are sent before doorbells. What the broker does not take is kept for the next round; sweeps repair the rest.
"""

import json
import logging
import threading
import time
from collections.abc import Callable

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from orchestrator.dispatch import QUIET, Due, Outbox, outbox
from orchestrator.worker import deltas

TASK = "orchestrator.tasks.work"
RUN_CHANNEL = "run:%s"
TOKENS_CHANNEL = "tokens:%s"
WATCHED = "watched:%s"
TOPIC_CHANNEL = "topic:%s"
IDLE = 60.0
STREAMING = 0.05
logger = logging.getLogger(__name__)
Send = Callable[[int, str], None]


def send(run: int, queue: str) -> None:
    """One wake-up: ids only."""
    current_app.send_task(TASK, kwargs={"run": run, "queue": queue}, queue=queue, retry=False, ignore_result=True)


class Publisher:
    """Flushes an outbox. `is_away` tells whether the broker refused the last attempt."""

    def __init__(self, source: Outbox = outbox, *, sender: Send = send) -> None:
        self.outbox, self.send = source, sender
        self.is_away = False
        self.came_back = threading.Event()
        self._redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)
        self._whole_at = 0.0

    def run(self) -> None:
        """For ever; as a daemon thread."""
        while True:
            self.outbox.wanted.wait(QUIET if self.outbox.is_waiting() or deltas.is_streaming() else IDLE)
            self.outbox.wanted.clear()
            self.flush(time.monotonic())
            if deltas.is_streaming():
                time.sleep(STREAMING)

    def flush(self, now: float) -> None:
        """Send what is due at `now` (monotonic seconds)."""
        due = self.outbox.take(now)
        tokens = self._tokens(now)
        if due.is_empty() and not tokens:
            return
        try:
            self._wake(due)
            self._ring(due, tokens)
        except (RedisError, OperationalError, OSError) as error:
            self._failed(due, error)
        else:
            if self.is_away:
                self.is_away = False
                self.came_back.set()

    def watched(self, runs: list[int]) -> list[int]:
        """Which of these runs somebody watches."""
        if not runs:
            return []
        try:
            found = self._redis.mget([WATCHED % run for run in runs])
        except (RedisError, OSError):
            return []
        return [run for run, mark in zip(runs, found, strict=True) if mark]

    def _wake(self, due: Due) -> None:
        for run, queue in list(due.wakeups.elements()):
            self.send(run, queue)
            due.wakeups[run, queue] -= 1

    def _ring(self, due: Due, tokens: dict[int, list[object]]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for run, bell in due.bells.items():
            pipeline.publish(RUN_CHANNEL % run, json.dumps({"seq": bell.seq}))
        for topic in due.topics:
            pipeline.publish(TOPIC_CHANNEL % topic, "{}")
        for run, pieces in tokens.items():
            pipeline.publish(TOKENS_CHANNEL % run, json.dumps(pieces, ensure_ascii=False))
        pipeline.execute()

    def _tokens(self, now: float) -> dict[int, list[object]]:
        is_whole = now - self._whole_at >= 1.0
        if is_whole:
            self._whole_at = now
        return deltas.take(whole=is_whole)

    def _failed(self, due: Due, error: Exception) -> None:
        if not self.is_away:
            logger.warning("broker away, hints are kept", extra={"error": str(error)[:200]})
        self.is_away = True
        self.outbox.put_back(due)
        time.sleep(0.2)
        self.outbox.wanted.set()


publisher = Publisher()
"""The one of this process."""
_started = threading.Lock()


def start() -> None:
    """Begin to publish, once per process."""
    if _started.acquire(blocking=False):
        threading.Thread(target=publisher.run, name="publisher", daemon=True).start()
