"""What goes wrong while runs go on: a plan of moments, carried out in the main thread, which starts again what died."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import redis
from django.conf import settings

from tests.processes import System

LEASE_OVER = 25.0
SUSPENDED = 60.0
BROKER_SILENT = 7.0
Moment = tuple[float, str]


@dataclass
class Rampage:
    """`seconds` is how long it lasts; `counts` what was done to whom."""

    system: System
    seconds: float
    is_postgres: bool
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    counts: Counter[str] = field(default_factory=Counter)
    waking: list[tuple[float, str]] = field(default_factory=list)

    def moments(self) -> Iterator[Moment]:
        """When what happens, in no order."""
        yield from self._spread("kill worker", 18)
        yield from self._spread("kill valkey", 6, offset=0.5)
        yield from self._spread("flush valkey", 2, offset=0.3)
        yield from self._spread("repeat messages", 40)
        yield self.seconds * 0.35, "stop worker"
        yield self.seconds * 0.6, "stop valkey"
        yield self.seconds * 0.75, "suspend everything"
        if self.is_postgres:
            yield from self._spread("restart postgres", 5, offset=0.8)

    def _spread(self, what: str, times: int, *, offset: float = 0.0) -> Iterator[Moment]:
        return ((self.seconds * (number + 0.3 + offset) / (times + 1), what) for number in range(times))

    def go(self, is_over: Callable[[], bool]) -> None:
        """Until every moment has come and nothing is stopped any more."""
        began = time.monotonic()
        waiting = sorted(self.moments())
        while (waiting or self.waking) and not is_over():
            now = time.monotonic() - began
            self.tend()
            while waiting and waiting[0][0] <= now:
                began += self._do(waiting.pop(0)[1])
            time.sleep(0.05)

    def tend(self) -> None:
        """Start again what has ended, wake what has slept long enough."""
        for name, process in list(self.system.running.items()):
            if process.poll() is not None:
                self.counts[f"{name.partition('-')[0]} that poison ended"] += 1
                self.system.start(name)
        for at, name in list(self.waking):
            if time.monotonic() >= at:
                self.waking.remove((at, name))
                self.system.tell(name, signal.SIGCONT)

    def _do(self, what: str) -> float:
        """Do it; for how many seconds time did not count."""
        self.counts[what] += 1
        if what == "suspend everything":
            return self._suspend()
        verb, _, whom = what.partition(" ")
        match verb, whom:
            case "kill", "worker":
                self._kill(self.chance.choice(self.system.workers()))
            case "kill", _:
                self._kill(whom)
            case "restart", _:
                self._kill(whom, signal.SIGQUIT)  # PostgreSQL's immediate shutdown: as after a crash
            case "stop", "worker":
                self._stop(self.chance.choice(self.system.workers()), LEASE_OVER)
            case "stop", _:
                self._stop(whom, BROKER_SILENT)
            case "flush", _:
                self._flush()
            case "repeat", _:
                self._repeat_messages()
        return 0.0

    def _kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        self.waking = [(at, other) for at, other in self.waking if other != name]
        self.system.tell(name, signal.SIGCONT)
        self.system.kill(name, number)
        if name.startswith("worker"):
            self.system.start(name)
        else:
            time.sleep(self.chance.uniform(0.2, 1.0))
            self.system.start_again(name)

    def _stop(self, name: str, seconds: float) -> None:
        self.system.tell(name, signal.SIGSTOP)
        self.waking.append((time.monotonic() + seconds, name))

    def _suspend(self) -> float:
        """As a closed laptop: every process of ours, PostgreSQL's own ones too, sleeps."""
        pids = list(self.system.pids().values())
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.killpg(pid, number)
            if number is signal.SIGSTOP:
                time.sleep(SUSPENDED)
        return SUSPENDED

    def _flush(self) -> None:
        with suppress(redis.RedisError), _client() as client:
            client.flushall()

    def _repeat_messages(self) -> None:
        """What waits in the queue comes twice, and in another order."""
        with suppress(redis.RedisError), _client() as client:
            waiting = client.lrange("default", 0, 50)
            self.chance.shuffle(waiting)
            for message in waiting:
                client.lpush("default", message)
            self.counts["messages repeated"] += len(waiting)


def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
