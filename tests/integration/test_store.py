"""The durable shell on no-op nodes: what the engine decides is what the rows say, on both databases."""

import json

import pytest
from django.db import DatabaseError

from orchestrator.engine.fold import View, fold
from orchestrator.engine.messages import Succeed
from orchestrator.engine.move import Refused
from orchestrator.models import Event, Run, Scope, Step
from orchestrator.operations import runs as operations
from orchestrator.operations import work
from orchestrator.store.database import execute
from tests import runs

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def fold_equals_rows(run: int) -> bool:
    view = View()
    for told in runs.facts(run):
        view = fold(view, told)
    rows = Step.unscoped.filter(run=run).exclude(status="pending").values_list("path", "status")
    return view == View(run=runs.status(run), steps=dict(rows))


def has_no_gap(run: int) -> bool:
    seqs = list(Event.unscoped.filter(run=run).order_by("seq").values_list("seq", flat=True))
    return seqs == list(range(1, Run.unscoped.get(pk=run).seq + 1))


def test_a_chain_runs_to_its_end() -> None:
    run = runs.played("a -> b -> c")
    assert runs.status(run) == "succeeded"
    assert fold_equals_rows(run)
    assert has_no_gap(run)


def test_the_counters_are_back_at_zero() -> None:
    run = Run.unscoped.get(pk=runs.played("a -> b, a -> c, b -> d, c -> d"))
    assert (run.open, run.ready, run.running, run.failures) == (0, 0, 0, 0)


def test_a_map_opens_its_items_from_the_stored_list_and_collects_them() -> None:
    inner = {"nodes": {"x": {"type": "transform", "config": {"template": {"was": "{{ item }}"}}}}, "edges": []}
    nodes = {"each": {"type": "map", "config": {"items": "{{ inputs.list }}", "body": inner}}}
    graph = {"nodes": nodes, "edges": [], "output": {"all": "{{ each }}"}}
    given = {"list": ["a", 1, 2.5, True, None, {"k": [1, "é\"'"]}, [1, [2]], ""]}
    run = runs.played(graph, given)
    assert runs.status(run) == "succeeded"
    assert [one["was"] for one in runs.output(run)["all"]] == given["list"]
    assert fold_equals_rows(run)


def test_a_body_of_several_steps_has_an_item_around_it() -> None:
    inner = {
        "nodes": {
            "one": {"type": "transform", "config": {"template": "{{ item }}!"}},
            "two": {"type": "transform", "config": {"template": "{{ one }}?"}},
        },
        "edges": [["one", "out", "two"]],
    }
    nodes = {"each": {"type": "map", "config": {"items": "{{ inputs.list }}", "body": inner}}}
    run = runs.played({"nodes": nodes, "edges": [], "output": {"all": "{{ each }}"}}, {"list": ["a", "b"]})
    assert runs.output(run)["all"] == ["a!?", "b!?"]
    assert fold_equals_rows(run)
    assert has_no_gap(run)


def test_a_thousand_items_come_in_chunks() -> None:
    nodes = {
        "each": {"type": "map", "config": {"items": "{{ inputs.list }}", "body": {"nodes": {"x": {"type": "noop"}}}}}
    }
    run = runs.played({"nodes": nodes, "edges": []}, {"list": list(range(1000))})
    scope = Scope.unscoped.get(run=run)
    assert (runs.status(run), scope.done, scope.open) == ("succeeded", 1000, 0)
    assert fold_equals_rows(run)


def test_a_late_result_is_left_out_and_reported() -> None:
    run = runs.start(runs.a_version("a -> b"))
    (claimed,) = work.go_on(run=run, worker=1, queue="default").steps
    late = Succeed(path=claimed.path, attempt=claimed.attempt + 1, output="1")
    done = work.go_on(run=run, worker=1, queue="default", commands=[late])
    assert (len(done.refused), done.seq) == (1, 0)
    assert runs.step(run, "a").status == "running"


def test_a_needless_wake_up_costs_no_seq() -> None:
    run = runs.played("a")
    seq = Run.unscoped.get(pk=run).seq
    assert work.go_on(run=run, worker=1, queue="default").seq == 0
    assert Run.unscoped.get(pk=run).seq == seq


def test_a_large_output_is_stored_once_and_read_by_its_reference() -> None:
    text = "word " * 20_000
    nodes = {
        "big": {"type": "transform", "config": {"template": "{{ inputs.text }}"}},
        "size": {"type": "transform", "config": {"template": "{{ big | length }}"}},
    }
    run = runs.played({"nodes": nodes, "edges": [["big", "out", "size"]]}, {"text": text})
    assert (runs.step(run, "big").output or "").startswith("@")
    assert runs.output(run, "size") == len(text)


def test_a_cancelled_run_closes_what_is_open() -> None:
    run = runs.start(runs.a_version("a -> b"))
    work.go_on(run=run, worker=1, queue="default")
    operations.cancel(run=run, by="someone")
    assert (runs.status(run), runs.step(run, "a").status) == ("cancelled", "cancelled")
    assert fold_equals_rows(run)
    with pytest.raises(Refused):
        operations.cancel(run=run, by="someone")


def test_a_paused_run_claims_nothing_until_it_is_resumed() -> None:
    run = runs.start(runs.a_version("a -> b"))
    operations.pause(run=run, by="someone")
    assert not work.go_on(run=run, worker=1, queue="default").steps
    operations.resume(run=run, by="someone")
    runs.work(run)
    assert runs.status(run) == "succeeded"


def test_a_failed_step_can_be_retried_and_skipped() -> None:
    wrong = {"type": "transform", "config": {"template": "{{ inputs.x | nonsense }}"}}
    run = runs.played({"nodes": {"a": wrong, "b": {"type": "noop"}}, "edges": [["a", "out", "b"]]})
    assert runs.status(run) == "failed"
    assert json.loads(runs.step(run, "a").error or "{}")["code"]
    operations.retry(run=run, path="a", by="someone")
    runs.work(run)
    assert (runs.status(run), runs.step(run, "a").round) == ("failed", 2)
    operations.skip(run=run, path="a", output="typed", by="someone")
    runs.work(run)
    assert (runs.status(run), runs.output(run, "a")) == ("succeeded", "typed")
    assert fold_equals_rows(run)
    assert has_no_gap(run)


@pytest.mark.django_db(transaction=True)
def test_what_the_driver_raises_comes_in_djangos_words() -> None:
    """Workers catch Django's errors: an outage of the database must be one of them."""
    with pytest.raises(DatabaseError):
        execute("SELECT nothing FROM nowhere", [])


def test_a_run_of_an_unknown_format_is_left_to_workers_that_know_it() -> None:
    run = runs.start(runs.a_version("a"))
    Run.unscoped.filter(pk=run).update(format=99)
    assert not work.go_on(run=run, worker=1, queue="default").steps
    assert runs.step(run, "a").status == "ready"
