"""Listens to every run's doorbell, as a page does, and knows when a run has come to a status that somebody waits for."""

import json
import threading
import time
from collections.abc import Collection, Iterable
from contextlib import suppress

import redis
from django.conf import settings
from django.db import connection

from orchestrator.worker.publisher import RUN_CHANNEL

ENDED = frozenset({"succeeded", "failed", "cancelled"})


class Bells(threading.Thread):
    """A doorbell says a seq; what became of the run is read from its row, on this thread's own connection."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="bells")
        self._seen: dict[int, tuple[float, str]] = {}
        self._changed = threading.Condition()
        self._channel = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
        self._channel.psubscribe(RUN_CHANNEL % "*")
        self._channel.get_message(timeout=2)

    def run(self) -> None:
        with suppress(redis.ConnectionError):  # the end of the set-up
            for message in self._channel.listen():
                at = time.perf_counter()
                run = int(message["channel"].rpartition(b":")[2])
                if json.loads(message["data"])["seq"] > 1:
                    self._note(run, at)

    def _note(self, run: int, at: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT status FROM run WHERE id = %s", [run])
            row = cursor.fetchone()
        with self._changed:
            old = self._seen.get(run)
            if row and (old is None or old[1] != row[0]):
                self._seen[run] = (at, row[0])
                self._changed.notify_all()

    def wait(self, runs: Iterable[int], *, until: Collection[str] = ENDED, seconds: float = 60) -> float:
        """The moment (perf_counter) at which the last of the runs rang with such a status. Raises TimeoutError."""
        missing = set(runs)
        latest = 0.0
        limit = time.monotonic() + seconds
        with self._changed:
            while True:
                there = {run for run in missing if run in self._seen and self._seen[run][1] in until}
                latest = max([latest, *(self._seen[run][0] for run in there)])
                missing -= there
                if not missing:
                    return latest
                if not self._changed.wait(max(0.0, limit - time.monotonic())):
                    raise TimeoutError(f"{len(missing)} runs not {sorted(until)}: {self._state(sorted(missing)[:5])}")

    def _state(self, missing: list[int]) -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, status, seq, ready, running FROM run WHERE id >= %s ORDER BY id LIMIT 5", [missing[0]]
            )
            return [*cursor.fetchall(), [self._seen.get(run) for run in missing]]
