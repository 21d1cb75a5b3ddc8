"""W7: longer chains and larger payloads: time per step, and what a step leaves in the database."""

from statistics import median

from django.db import connection

from tests import runs
from tests.benchmarks import graphs
from tests.benchmarks.measured import Measured
from tests.benchmarks.report import Figure, report
from tests.benchmarks.steps import seconds_of

TABLES = ("run", "step", "event", "payload", "call", "question", "scope", "ledger")
MOST_BYTES = 2048
KIB = 1024


def chains(measured: Measured) -> None:
    """W7: 10, 100 and 1,000 steps, then 1 KB, 100 KB and 1 MB."""
    first = 0.0
    for length, times in ((10, 30), (100, 6), (1000, 2)):
        version = runs.a_version(graphs.chain(length))
        seconds_of(measured, version)
        before = stored_bytes()
        took = [seconds_of(measured, version) / length for _ in range(times)]
        grown = (stored_bytes() - before) / (times * length)
        first = first or median(took)
        values = {"ms_per_step": median(took) * 1000, "times_10_steps": median(took) / first, "bytes_per_step": grown}
        _report(measured, f"chain of {length}", values)
    for size in (KIB, 100 * KIB, KIB * KIB):
        _payload(measured, size)


def _payload(measured: Measured, size: int) -> None:
    """Ten steps that each give the same text out."""
    node = {"type": "transform", "config": {"template": "{{ inputs.text }}"}}
    version = runs.a_version({**graphs.chain(10, **node), "output": "{{ n9 | length }}"})
    text = "x" * size
    seconds_of(measured, version, given={"text": text})
    before = stored_bytes()
    took = [seconds_of(measured, version, given={"text": text}) / 10 for _ in range(5)]
    grown = (stored_bytes() - before) / 5
    values = {"ms_per_step": median(took) * 1000, "bytes_per_run": grown, "payload_bytes": float(size)}
    _report(measured, f"ten steps with a payload of {size // KIB} KB", values)


def _report(measured: Measured, what: str, values: dict[str, float]) -> None:
    bar = "flat within 1.2 x; payload once + 2 KB a step"
    report(Figure(id="W7", what=what, database=measured.database, values=values, bar=bar, is_met=True))


def stored_bytes() -> int:
    """What the tables of runs take, with their indexes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT sum(pg_total_relation_size(one::regclass)) FROM unnest(%s::text[]) AS one", [list(TABLES)]
            )
        else:
            cursor.execute(
                "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())"
            )
        return int(cursor.fetchone()[0])
