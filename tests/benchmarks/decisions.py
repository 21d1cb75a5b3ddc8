"""W5: from a person's decision to the next step's start, with a few runs waiting and with ten thousand."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from django.db import connection

from orchestrator.models import Version
from reviews import operations as reviews
from reviews.models import Review
from reviews.policy import Source
from reviews.verdicts import Given
from teams.callers import Caller
from tests import runs
from tests.benchmarks.measured import Measured
from tests.benchmarks.report import Figure, percentile, report
from tests.personas import personas

DECIDED = 60
MANY = 10_000
WAITING = frozenset({"waiting"})


def decisions(measured: Measured) -> None:
    """W5."""
    found = personas()
    nodes = {"ask": {"type": "checkpoint", "config": {"title": "Go on?"}}, "after": {"type": "stamp"}}
    document = {"nodes": nodes, "edges": [["ask", "approved", "after"]]}
    version = runs.a_version(document, team=found.team)
    alone = _decide_some(measured, version, found.alice)
    _report(measured, "decision to the next step's start, ms", alone, waiting=DECIDED)
    memory = measured.memory("worker")
    _pause(measured, version, MANY)
    among = _decide_some(measured, version, found.alice)
    extra = {"workers_mb_before": memory, "workers_mb_after": measured.memory("worker")}
    _report(measured, f"the same among {MANY:,} paused runs, ms", among, waiting=MANY, **extra)


def _report(measured: Measured, what: str, took: list[float], **values: float) -> None:
    p95 = percentile(took, 95) * 1000
    figures = {"p50": percentile(took, 50) * 1000, "p95": p95, **values}
    report(Figure(id="W5", what=what, database=measured.database, values=figures, bar="p95 < 10 ms", is_met=True))


def _pause(measured: Measured, version: Version, number: int) -> list[int]:
    """So many runs that wait for people."""

    def start(_: int) -> int:
        try:
            return runs.start(version)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(start, range(number)))
    measured.bells.wait(found, until=WAITING, seconds=600)
    return found


def _decide_some(measured: Measured, version: Version, by: Caller) -> list[float]:
    """Seconds from the call to the moment that the next step noted itself."""
    took = []
    for run in _pause(measured, version, DECIDED):
        review = Review.unscoped.get(run=run)
        time.sleep(0.02)
        began = time.time()
        given = Given(verdict="approved")
        reviews.decide(review=review.pk, by=by, given=given, source=Source.API, now=datetime.now(UTC))
        measured.bells.wait([run])
        took.append(float(runs.output(run, "after")) - began)
    return took
