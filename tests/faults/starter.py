"""Starts the jobs over the API, as other programs do: one after the other, each again under the same key until it is answered."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

import redis
from django.conf import settings

from orchestrator.worker.publisher import WATCHED
from tests.faults import shape

LONGEST_ANSWER = 20.0
PATIENCE = 150.0
MOST_OPEN = 40
"""Runs that are open at the same time: on a slow machine the jobs start later, and the faults come later with them."""
WATCHED_EVERY = 4
"""One run in so many is watched by a page, so its model calls are streamed."""
Interval = tuple[float, float]


@dataclass
class Starter:
    """Jobs 1 to `number`. `jobs` are those that were answered, `requests` when each request began and ended."""

    port: int
    token: str
    version: int
    jobs: dict[int, int] = field(default_factory=dict)
    requests: list[Interval] = field(default_factory=list)
    unanswered: int = 0
    last: int = 0
    """The number of the job that was started last."""

    def start(self, numbers: range, seconds: float, is_full: Callable[[], bool]) -> threading.Thread:
        """In a thread, evenly over the time, but none while it is full."""
        thread = threading.Thread(target=self._start_all, args=[numbers, seconds, is_full], daemon=True, name="starter")
        thread.start()
        return thread

    def _start_all(self, numbers: range, seconds: float, is_full: Callable[[], bool]) -> None:
        began = time.monotonic()
        for done, number in enumerate(numbers, 1):
            time.sleep(max(0.0, began + seconds * done / len(numbers) - time.monotonic()))
            while is_full():
                time.sleep(0.2)
            self._start_one(number)
            self.last = number

    def _start_one(self, number: int) -> None:
        """Until it is answered, or the patience is over: then the oracle misses it."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            began = time.monotonic()
            run = self._post(number)
            self.requests.append((began, time.monotonic()))
            if run is not None:
                self.jobs[number] = run
                self._watch(number, run)
                return
            self.unanswered += 1
            time.sleep(0.3)

    def _post(self, number: int) -> int | None:
        body = {"version": self.version, "input": shape.job(number), "budget": shape.budget(number)}
        with suppress(OSError, HTTPException, ValueError):
            status, answer = self._request(f"job-{number}", body)
            return int(answer["id"]) if status in (200, 201) else None
        return None

    def _request(self, key: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Host": "localhost",
            "Idempotency-Key": key,
        }
        client = HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_ANSWER)
        try:
            client.request("POST", "/api/v1/runs", json.dumps(body), headers)
            response = client.getresponse()
            return response.status, json.loads(response.read())
        finally:
            client.close()

    def _watch(self, number: int, run: int) -> None:
        """The mark that a page sets which shows the run."""
        if number % WATCHED_EVERY == 0:
            with suppress(redis.RedisError), redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as client:
                client.set(WATCHED % run, 1, ex=60)

    def slowest(self, during: list[Interval] | None = None, *, without: list[Interval]) -> float:
        """Seconds of the slowest request, of those that overlap with `during` (None: of all) and with none of `without`."""
        wanted = [one for one in self.requests if during is None or _overlaps(one, during)]
        return max((end - begin for begin, end in wanted if not _overlaps((begin, end), without)), default=0.0)


def _overlaps(one: Interval, others: list[Interval]) -> bool:
    return any(one[0] < end and begin < one[1] for begin, end in others)
