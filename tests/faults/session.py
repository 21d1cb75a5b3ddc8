"""The process that breaks one set-up and judges what is left: `python -m tests.faults.session RUNS`. Started by tests.faults."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import django

import config.celery  # noqa: F401  # by which the publisher sends

django.setup()

from django.db import DatabaseError, InterfaceError, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from orchestrator.models import Budget, Run, Version  # noqa: E402
from orchestrator.worker import publisher  # noqa: E402
from teams.models import Team  # noqa: E402
from teams.policy import Role  # noqa: E402
from tests import runs  # noqa: E402
from tests.benchmarks.measured import prepare, wait_for_workers  # noqa: E402
from tests.fakes.asking import a_member  # noqa: E402
from tests.faults import oracle, shape  # noqa: E402
from tests.faults.people import Reviewer  # noqa: E402
from tests.faults.rampage import Rampage  # noqa: E402
from tests.plugins.tools._outside import Outside  # noqa: E402
from tests.processes import System, system, wait_until  # noqa: E402

Result = TypeVar("Result")
SECONDS_A_RUN = 0.45
AFTERMATH = 240.0
"""Seconds after the last fault within which every run must have ended."""


def patient(function: Callable[[], Result], *, seconds: float = 60) -> Result:
    """Try again while the database is away."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return function()
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)


class Starter(threading.Thread):
    """Starts the jobs one after the other, evenly over the time. A start whose answer was lost is made again."""

    def __init__(self, version: Version, number: int, seconds: float) -> None:
        super().__init__(daemon=True, name="starter")
        self.version, self.number, self.seconds = version, number, seconds
        self.jobs: dict[int, dict[str, object]] = {}

    def run(self) -> None:
        began = time.monotonic()
        for number in range(1, self.number + 1):
            time.sleep(max(0.0, began + self.seconds * number / self.number - time.monotonic()))
            patient(lambda: runs.start(self.version, shape.job(number)))  # noqa: B023
            self.jobs[number] = shape.job(number)


def main() -> int:
    number = int(sys.argv[1])
    with system(prepare) as found:
        found.start_model_server("--latency", "0.05", "--seed", "11", "--log-limit", "200000")
        return play(found, number)


def play(found: System, number: int) -> int:
    wait_for_workers(found)
    publisher.start()
    outside, ended = Outside(int(os.environ["COUNTER_PORT"])), threading.Event()
    version, reviewers = set_up(outside, ended)
    seconds = max(60.0, number * SECONDS_A_RUN)
    starter = Starter(version, number, seconds)
    rampage = Rampage(system=found, seconds=seconds, is_postgres=connection.vendor == "postgresql")
    began = time.monotonic()
    for reviewer in reviewers:
        reviewer.start()
    starter.start()
    rampage.go(lambda: False)
    settle(rampage, starter)
    took = time.monotonic() - began
    ended.set()
    verdict = oracle.judge(oracle.Witness(jobs=starter.jobs, seen=outside.seen))
    people = reviewers[0].counts + reviewers[1].counts
    print(
        f"{connection.vendor}: {number} runs, {verdict.line()}; {told(rampage.counts)}; reviews: {told(people)}; {took:.0f} s"
    )
    print("\n".join(verdict.sentences()), flush=True)
    return 0 if verdict.is_clean() else 1


def set_up(outside: Outside, ended: threading.Event) -> tuple[Version, list[Reviewer]]:
    team = runs.a_team()
    admin = a_member(team, "Admin", Role.owner)
    shape.connect(team, admin, timezone.now())
    for unit in ("tokens", "calls"):
        Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit=unit, most=10**12)
    set_faults(shape.FAULTS)
    reviewers = [
        Reviewer(by=a_member(team, f"Reviewer {seed}"), outside=outside, seed=seed, ended=ended) for seed in (1, 2)
    ]
    return runs.a_version(shape.document(), team=Team.objects.get(pk=team.pk)), reviewers


def set_faults(faults: list[dict[str, object]]) -> None:
    oracle.tell_server("settings", {"faults": faults})


def settle(rampage: Rampage, starter: Starter) -> None:
    """Nothing goes wrong any more but what the model server and poison do: until all is quiet, or the patience is over."""

    def is_quiet() -> bool:
        rampage.tend()
        if starter.is_alive() or patient(unended):
            return False
        return not patient(lambda: list(oracle.left_behind()))

    with suppress(TimeoutError):
        wait_until(is_quiet, seconds=AFTERMATH, every=0.5)


def unended() -> int:
    return Run.unscoped.exclude(status__in=oracle.ENDED).count()


def told(counts: "dict[str, int]") -> str:
    return ", ".join(f"{what} {number}" for what, number in sorted(counts.items()))


if __name__ == "__main__":
    try:
        status = main()
    except (TimeoutError, RuntimeError):
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    os._exit(status)
