"""What is done to servers, messages and the whole machine; rampage.py says when."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil
import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from kombu.exceptions import OperationalError

from orchestrator.models import Run, Step
from orchestrator.worker import publisher
from tests.faults.losses import Claim
from tests.processes import System

QUEUE = "default"
MOST = 50


def suspend(system: System, seconds: float) -> None:
    """As a closed laptop: every process of ours, with PostgreSQL's own ones, sleeps."""
    parents = [psutil.Process(pid) for pid in system.pids().values()]
    _tell_all(parents, signal.SIGSTOP)  # then nobody has more children, or notices that one sleeps
    processes = [*(child for parent in parents for child in parent.children(recursive=True)), *parents]
    _tell_all(processes, signal.SIGSTOP)
    time.sleep(seconds)
    _tell_all(processes, signal.SIGCONT)


def _tell_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def flush() -> None:
    """The broker forgets everything."""
    with suppress(redis.RedisError), broker() as client:
        client.flushall()


def repeat_messages(chance: random.Random) -> Counter[str]:
    """Messages come twice, late and in another order: those that wait in the queue, and wake-ups of runs of any age."""
    repeated = Counter[str]()
    with suppress(redis.RedisError, OperationalError), broker() as client:
        waiting = client.lrange(QUEUE, 0, MOST)
        chance.shuffle(waiting)
        for message in waiting:
            client.lpush(QUEUE, message)
        repeated["messages repeated"] = len(waiting)
        for run in _some_runs(chance):
            publisher.send(run, QUEUE)
            repeated["messages of old"] += 1
    return repeated


def _some_runs(chance: random.Random) -> list[int]:
    """Half of them twice, in no order."""
    found: list[int] = []
    unless_away(lambda: found.extend(Run.unscoped.order_by("-id").values_list("pk", flat=True)[: 4 * MOST]))
    chosen = chance.sample(found, min(len(found), MOST // 5))
    chosen += chosen[::2]
    chance.shuffle(chosen)
    return chosen


def crashes_since(claims: Iterable[Claim]) -> list[Claim]:
    """Those of these claims whose step has counted a crash."""
    found: list[Claim] = []

    def look() -> None:
        for claim in claims:
            if Step.unscoped.filter(run=claim.run, path=claim.path, crashes__gt=claim.crashes).exists():
                found.append(claim)

    unless_away(look)
    return found


def unless_away(do: Callable[[], object]) -> None:
    """Do it if the database is there."""
    try:
        do()
    except (DatabaseError, InterfaceError):
        connection.close()


def broker() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
