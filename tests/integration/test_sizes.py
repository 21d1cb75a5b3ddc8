"""A large run costs per step what a small one costs: counted in statements and messages, not in seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from orchestrator.dispatch import outbox
from orchestrator.engine.claims import WINDOW
from orchestrator.models import Version
from tests import runs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("counts statements with SQLite's trace callback; the code is the same on PostgreSQL")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of a block."""
    connection.ensure_connection()
    statements: list[str] = []
    driver: Any = connection.connection
    driver.set_trace_callback(statements.append)
    try:
        yield statements
    finally:
        driver.set_trace_callback(None)


def statements_of(version: Version, given: Any) -> int:
    """Statements of the commits; the test's own looks at the run are not counted twice over: they are per turn of 50 commits."""
    with counted() as statements:
        run = runs.start(version, given)
        runs.work(run)
    assert runs.status(run) == "succeeded"
    return sum(not one.startswith(("SAVEPOINT", "RELEASE")) for one in statements)


def a_map() -> Version:
    body = {"nodes": {"x": {"type": "noop"}}}
    nodes = {"each": {"type": "map", "config": {"items": "{{ inputs.list }}", "body": body, "cap": 0}}}
    return runs.a_version({"nodes": nodes, "edges": [], "output": "done"})


def a_chain(length: int) -> Version:
    """Every error port leads to one handler, whose join has as many edges as the chain has steps."""
    keys = [f"n{number}" for number in range(length)]
    nodes = {key: {"type": "noop", "on_error": "port"} for key in keys} | {"handler": {"type": "noop"}}
    edges = [[a, "out", b] for a, b in pairwise(keys)] + [[key, "error", "handler"] for key in keys]
    return runs.a_version({"nodes": nodes, "edges": edges, "output": "done"})


def per_step(make: Callable[[int], int], small: int, large: int) -> tuple[float, float]:
    return make(small) / small, make(large) / large


def test_ten_thousand_items_cost_per_item_what_a_thousand_cost() -> None:
    """Test 3."""
    version = a_map()
    few, many = per_step(lambda size: statements_of(version, {"list": list(range(size))}), 1000, 10_000)
    assert many <= few * 1.2
    assert many < 2


def test_a_wide_map_asks_for_no_more_workers_than_its_window() -> None:
    outbox.take(0.0)
    run = runs.start(a_map(), {"list": list(range(5000))})
    runs.turn.work_on(run=run, queue="default")
    assert sum(outbox.take(0.0).wakeups.values()) <= WINDOW


def test_a_chain_of_two_thousand_costs_per_step_what_one_of_a_hundred_costs() -> None:
    """Test 4."""
    few, many = per_step(lambda length: statements_of(a_chain(length), {}), 100, 2000)
    assert many <= few * 1.1
