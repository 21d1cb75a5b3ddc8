"""A measured set-up: the running product, the doorbells, and the measuring process's own part in it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from django.core.management import call_command
from django.db import connection

from orchestrator.models import Version
from orchestrator.worker import publisher
from tests import runs
from tests.benchmarks import graphs, raw
from tests.benchmarks.bells import Bells
from tests.processes import System, system, wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What every workload gets."""

    system: System
    bells: Bells
    database: str

    def processor_time(self) -> dict[str, float]:
        """Seconds of both kinds that each process has used, its children included; `client` is this process."""
        found = {}
        for name, pid in {**self.system.pids(), "client": os.getpid()}.items():
            one = psutil.Process(pid)
            processes = [one, *(one.children(recursive=True) if pid != os.getpid() else [])]
            times = [process.cpu_times() for process in processes]
            found[name] = sum(each.user + each.system for each in times)
        return found

    def memory(self, prefix: str) -> float:
        """Megabytes that the processes with such a name hold."""
        pids = [pid for name, pid in self.system.pids().items() if name.startswith(prefix)]
        found = [each for pid in pids for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]
        return sum(each.memory_info().rss for each in found) / 2**20


@contextmanager
def measured(*, with_raw: bool) -> Iterator[Measured]:
    """The product with everything warm: connections open, modules imported, statements planned."""
    with system(prepare) as found:
        if with_raw:
            found.add(raw.worker())
        wait_for_workers(found)
        publisher.start()
        bells = Bells()
        bells.start()
        measured = Measured(system=found, bells=bells, database=connection.vendor)
        warm_up(measured, with_raw=with_raw)
        yield measured
        found.expect_alive()


def prepare() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def wait_for_workers(found: System) -> None:
    """Until every worker has its lease."""

    def are_there() -> bool:
        found.expect_alive()
        return workers_alive() >= len(found.workers())

    wait_until(are_there, seconds=60)


def workers_alive() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM worker")
        (number,) = cursor.fetchone()
    return int(number)


def warm_up(measured: Measured, *, with_raw: bool) -> None:
    """Runs of both shapes until every committer has planned every statement, and a moment for the imports to settle."""
    for document in (graphs.chain(10), graphs.fan(100)):
        version = runs.a_version(document)
        measured.bells.wait([runs.start(version) for _ in range(40)])
    if with_raw:
        raw.one_chain(runs=10, steps=10)
        raw.fan(width=100)
    time.sleep(1)


def started(version: Version, number: int) -> list[int]:
    return [runs.start(version) for _ in range(number)]
