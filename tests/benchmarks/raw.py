"""What the product is measured against: plain Celery canvas with a result backend. Nothing is on disk between steps.

Two prefork processes beside the product's two workers, on databases of their own in the same Valkey.
"""

import os
import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from celery import Celery, chain, chord, group

from config.supervisor.program import Program

SOCKET = "redis+socket://" + os.environ.get("RAW_SOCKET", "")
app = Celery("raw", broker=f"{SOCKET}?virtual_host=2", backend=f"{SOCKET}?virtual_host=3", set_as_current=False)
app.conf.update(task_default_queue="raw", broker_connection_retry_on_startup=True)


@app.task(name="raw.noop")
def noop(given: object) -> object:
    return given


@app.task(name="raw.count")
def count(given: Sequence[object]) -> int:
    return len(given)


def worker() -> Program:
    """Its processes, for tests.processes.System.add."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", __name__, "worker", "-P", "prefork", "-c", "2", *quiet)
    return Program(name="raw", command=celery)


def chain_of(steps: int) -> Any:
    return chain(noop.s("x"), *[noop.s() for _ in range(steps - 1)]).apply_async()


def fan_of(width: int) -> Any:
    return chain(noop.s("x"), chord(group(noop.s() for _ in range(width)), count.s())).apply_async()


def one_chain(*, runs: int, steps: int) -> float:
    """Seconds per step of one chain at a time, the median of `runs`."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        chain_of(steps).get(timeout=60, interval=0.001)
        took.append((time.perf_counter() - began) / steps)
    return median(took)


def many_chains(*, runs: int, steps: int) -> float:
    """Steps per second of so many chains at once."""
    began = time.perf_counter()
    for result in [chain_of(steps) for _ in range(runs)]:
        result.get(timeout=120)
    return runs * steps / (time.perf_counter() - began)


def fan(*, width: int) -> float:
    """Seconds from one step over so many to the join."""
    began = time.perf_counter()
    found = fan_of(width).get(timeout=300)
    if found != width:
        raise RuntimeError(f"raw Celery counted {found} of {width}")
    return time.perf_counter() - began
