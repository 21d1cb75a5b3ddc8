"""W1, W2, W3: steps that do nothing, so that what is left is the engine. Beside raw Celery, in alternating rounds."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from orchestrator.models import Run, Version
from tests import runs
from tests.benchmarks import graphs, raw
from tests.benchmarks.measured import Measured, started
from tests.benchmarks.report import Figure, percentile, report

ROUNDS = 5
STEPS = 10
"""No-ops of a chain. The product runs a start and an end besides; they are not counted."""


def rounds(
    ours: Callable[[], float], theirs: Callable[[], float], number: int = ROUNDS
) -> tuple[list[float], list[float]]:
    """Figures of both, taken in turns."""
    pairs = [(ours(), theirs()) for _ in range(number)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def one_run(measured: Measured) -> None:
    """W1."""
    version = runs.a_version(graphs.chain(STEPS))
    took: list[float] = []

    def ours() -> float:
        found = [seconds_of(measured, version) / STEPS for _ in range(40)]
        took.extend(found)
        return median(found) * 1000

    our, their = rounds(ours, lambda: raw.one_chain(runs=40, steps=STEPS) * 1000)
    best, best_raw = min(our), min(their)
    report(
        Figure(
            id="W1",
            what="one chain of 10 no-ops, ms a step",
            database=measured.database,
            values={
                "ms_per_step": best,
                "raw_celery": best_raw,
                "ratio": best / best_raw,
                "median": median(our),
                "raw_median": median(their),
                "p95": percentile(took, 95) * 1000,
            },
            bar="ratio <= 1.0 (goal 0.6)",
            is_met=best / best_raw <= 1.0,
        )
    )


def seconds_of(measured: Measured, version: Version, given: Any = None) -> float:
    """From the start of a run to the doorbell of its end."""
    began = time.perf_counter()
    run = runs.start(version, given)
    took = measured.bells.wait([run]) - began
    time.sleep(0.005)
    return took


def many_runs(measured: Measured) -> None:
    """W2."""
    version = runs.a_version(graphs.chain(STEPS))
    used: dict[str, float] = {}

    def ours() -> float:
        before, began = measured.processor_time(), time.perf_counter()
        ended = measured.bells.wait(started(version, 100))
        for name, value in measured.processor_time().items():
            used[name] = used.get(name, 0) + value - before.get(name, 0)
        return 100 * STEPS / (ended - began)

    our, their = rounds(ours, lambda: raw.many_chains(runs=100, steps=STEPS))
    best, best_raw = max(our), max(their)
    report(
        Figure(
            id="W2",
            what="100 such chains at once, steps/s",
            database=measured.database,
            values={
                "steps_per_s": best,
                "raw_celery": best_raw,
                "ratio": best / best_raw,
                "median": median(our),
                "raw_median": median(their),
                "cpu_ms_per_step": {
                    name: value * 1000 / (ROUNDS * 100 * STEPS) for name, value in used.items() if name != "raw"
                },
            },
            bar="ratio >= 1.3 (goal 2)",
            is_met=best / best_raw >= 1.3,
        )
    )


def fan_out(measured: Measured) -> None:
    """W3."""
    found = {}
    for width, number in ((100, ROUNDS), (1000, ROUNDS)):
        version = runs.a_version(graphs.fan(width))
        our, their = rounds(lambda: _fan(measured, version, width), lambda: raw.fan(width=width), number)  # noqa: B023
        found[width] = min(our)
        ratio = min(our) / min(their)
        values = {"seconds": min(our), "raw_celery": min(their), "ratio": ratio, "median": median(our)}
        is_met = ratio <= 0.15 or width < 1000
        what = f"1 -> {width} -> join, s"
        report(_fan_figure(measured, what, values, is_met=is_met))
    version = runs.a_version(graphs.fan(10_000))
    seconds = min(_fan(measured, version, 10_000) for _ in range(3))
    values = {"seconds": seconds, "times_1000_items": seconds / found[1000]}
    report(_fan_figure(measured, "1 -> 10000 -> join, s", values, is_met=True))


def _fan_figure(measured: Measured, what: str, values: dict[str, float], *, is_met: bool) -> Figure:
    bar = "1,000: ratio <= 0.15 (goal 0.06); linear to 10,000"
    return Figure(id="W3", what=what, database=measured.database, values=values, bar=bar, is_met=is_met)


def _fan(measured: Measured, version: Version, width: int) -> float:
    began = time.perf_counter()
    run = runs.start(version)
    seconds = measured.bells.wait([run]) - began
    found = runs.output(run)
    if found != {"count": width}:
        raise RuntimeError(f"run {run} is {Run.unscoped.get(pk=run).status} and counted {found}, not {width}")
    return seconds
