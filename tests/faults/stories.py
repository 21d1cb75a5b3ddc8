"""The quick fault tests: `python -m tests.faults.stories NAME` plays one in a set-up of its own. See test_stories.py."""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import pairwise
from typing import Any

import django

import config.celery  # noqa: F401  # by which the publisher sends

django.setup()

import redis  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from orchestrator.models import Call, Step  # noqa: E402
from orchestrator.worker.publisher import RUN_CHANNEL  # noqa: E402
from reviews.models import Review  # noqa: E402
from teams.operations.tokens import create_token  # noqa: E402
from teams.policy import permissions_of  # noqa: E402
from tests import runs  # noqa: E402
from tests.faults import armed_points  # noqa: E402
from tests.faults.control import ask_server, tell_server  # noqa: E402
from tests.faults.scene import Scene, scene, stop  # noqa: E402
from tests.plugins.tools._outside import Outside  # noqa: E402
from tests.processes import listener, wait_until  # noqa: E402

CHAIN: dict[str, Any] = {
    "nodes": {name: {"type": "noop"} for name in ("one", "two", "three")},
    "edges": [["one", "out", "two"], ["two", "out", "three"]],
}
CHECKED: dict[str, Any] = {
    "nodes": {"check": {"type": "checkpoint", "config": {"title": "Go on?"}}, "after": {"type": "noop"}},
    "edges": [["check", "approved", "after"]],
}
SLEEPY: dict[str, Any] = {"nodes": {"ask": {"type": "prompt", "config": {"prompt": "Slowly."}}}, "edges": []}


def dies_at(point: str, document: dict[str, Any], path: str) -> None:
    """The worker dies at the point; the next one finishes the run, and nothing is there twice."""
    with scene(crash_at=f"{point}:{path}") as here:
        run = here.start(document)
        assert here.wait_for_death("worker-1") == armed_points.CRASHED
        here.start_again("worker-1")
        if point == "ask":
            assert Review.unscoped.filter(run=run, status="open").count() == 1
            here.approve(here.review(run))
        here.wait_for(run, "succeeded")
        here.expect_sound(run)


def crash_at_claim() -> None:
    dies_at("claim", CHAIN, "one")


def crash_at_commit() -> None:
    dies_at("commit", CHAIN, "two")


def crash_at_publish() -> None:
    dies_at("publish", CHAIN, "three")


def crash_after_ask() -> None:
    dies_at("ask", CHECKED, "check")


def crash_at_decision() -> None:
    """A decision whose process dies before its commit never was; one whose process dies after it is carried out."""
    with scene() as here:
        run = here.start(CHECKED)
        review = here.review(run)
        assert _decided_by_a_process_that_dies(here, review, committed=False)
        assert Review.unscoped.get(pk=review.pk).status == "open"
        assert _decided_by_a_process_that_dies(here, review, committed=True)
        assert Review.unscoped.get(pk=review.pk).status == "closed"
        with connection.cursor() as cursor:  # nobody has sent a wake-up; the sweeper finds runs that are quiet for 10 s
            cursor.execute("UPDATE run SET woken_at = woken_at - 10 WHERE id = %s", [run])
        here.wait_for(run, "succeeded")
        here.expect_sound(run)


def _decided_by_a_process_that_dies(here: Scene, review: Review, *, committed: bool) -> bool:
    """In a child of this process, which shares nothing with it but the database; whether it died where it should."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            with transaction.atomic():
                here.approve(review)
                if not committed:
                    os._exit(armed_points.CRASHED)
            os._exit(armed_points.CRASHED)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == armed_points.CRASHED


def everything_stopped() -> None:
    """All processes sleep, and on waking every lease is old: no crash is counted and no call is made again."""
    with scene(latency=4.0) as here:
        run = here.start(SLEEPY)
        wait_until(lambda: ask_server("stats")["in_flight"] == 1, seconds=20)
        names = [*here.system.workers(), "valkey", "model"]
        stop(here.system, names, signal.SIGSTOP)
        time.sleep(11)  # more than two renewals: the processes must see the gap themselves
        with connection.cursor() as cursor:
            cursor.execute("UPDATE worker SET seen_at = seen_at - 60")
        stop(here.system, names, signal.SIGCONT)
        here.wait_for(run, "succeeded")
        step = runs.step(run, "ask")
        assert (step.crashes, step.attempt, step.tries) == (0, 1, 0), (step.crashes, step.attempt, step.tries)
        assert len(here.calls()) == 1
        here.expect_sound(run)


def last_doorbell() -> None:
    """The end of a burst rings by itself, though nothing follows it."""
    with scene() as here:
        names = [f"n{number}" for number in range(60)]
        edges = [[one, "out", other] for one, other in pairwise(names)]
        nodes: dict[str, Any] = {name: {"type": "noop"} for name in names}
        nodes["check"] = {"type": "checkpoint", "config": {"title": "Go on?"}}
        version = here.version({"nodes": nodes, "edges": [*edges, [names[-1], "out", "check"]]})
        channel = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
        channel.psubscribe(RUN_CHANNEL % "*")
        channel.get_message(timeout=2)
        run = runs.start(version)
        here.review(run)
        rung = [json.loads(message["data"])["seq"] for message in iter(lambda: channel.get_message(timeout=1.0), None)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT seq FROM run WHERE id = %s", [run])
            assert rung[-1] == cursor.fetchone()[0], rung
        assert len(rung) < 60, f"{len(rung)} doorbells: they should be coalesced"


def broker_stopped() -> None:
    """A decision is answered although the broker does not, and the run goes on when it is back."""
    with scene() as here:
        here.system.start_web(listener(here.system.plan.port))
        run = here.start(CHECKED)
        review = here.review(run)
        _post(here, f"reviews/{review.pk}/claim", {})  # the server is warm now
        here.system.tell("valkey", signal.SIGSTOP)
        began = time.monotonic()
        status = _post(here, f"reviews/{review.pk}/decide", {"verdict": "approved"})
        took = time.monotonic() - began
        here.system.tell("valkey", signal.SIGCONT)
        assert (status, took < 5.0) == (200, True), (status, took)
        here.wait_for(run, "succeeded")
        here.expect_sound(run)


def _post(here: Scene, path: str, body: dict[str, object]) -> int:
    by = here.owner
    token = create_token(
        by=by, name=f"of {path}"[:40], permissions=permissions_of(by.role), expires_at=None, now=timezone.now()
    )
    headers = {"Authorization": f"Bearer {token.text}", "Content-Type": "application/json", "Idempotency-Key": path}
    client = HTTPConnection("127.0.0.1", here.system.plan.port, timeout=20)
    client.request("POST", f"/api/v1/{path}", json.dumps(body), headers | {"Host": "localhost"})
    return client.getresponse().status


def paid_calls(**reworded: str) -> None:
    """The worker is killed when an agent has made two of four model calls: the server sees each of the four once."""
    turns = [
        {"tool_calls": [{"name": "peek", "arguments": {"word": "one"}}]},
        {"tool_calls": [{"name": "linger", "arguments": {"seconds": 1.0}}]},
        {"tool_calls": [{"name": "peek", "arguments": {"word": "three"}}]},
        {"text": "Four calls."},
    ]
    config = {"goal": "Make four calls.", "tools": ["peek", "linger"]}
    with scene() as here:
        tell_server("script", {"name": "four", "turns": turns})
        run = here.start({"nodes": {"agent": {"type": "agent", "config": config}}, "edges": []})
        wait_until(lambda: Call.unscoped.filter(run=run, kind="model", status="done").count() == 2, seconds=20)
        here.system.kill("worker-1")
        here.start_again("worker-1", **reworded)
        here.wait_for(run, "succeeded")
        assert [call["answered"]["turn"] for call in here.calls()] == [0, 1, 2, 3]
        assert runs.output(run)["agent"]["text"] == "Four calls."
        assert Call.unscoped.filter(run=run, kind="model", drifted=True).count() == (2 if reworded else 0)
        here.expect_sound(run)


def paid_calls_reworded() -> None:
    paid_calls(REWORDED="1")


def charge_unknown() -> None:
    """The worker dies while a tool that must not be repeated is under way: people are asked, nothing is repeated."""
    with scene() as here:
        outside = Outside(int(os.environ["COUNTER_PORT"]), delay=1.5)
        document = {
            "nodes": {"charge": {"type": "tool", "config": {"tool": "charge", "arguments": {"job": 1}}}},
            "edges": [],
        }
        run = here.start(document)
        wait_until(lambda: outside.seen["charge", 1] == 1, seconds=20)
        here.system.kill("worker-1")
        here.system.start("worker-1")
        review = here.review(run)
        assert (review.kind, review.path) == ("incident", "charge")
        here.skip(review, {"result": "typed"})
        here.wait_for(run, "succeeded")
        assert outside.seen["charge", 1] == 1
        assert Step.unscoped.get(run=run, path="charge").reason == "typed"
        here.expect_sound(run)


STORIES: dict[str, Callable[[], None]] = {
    story.__name__: story
    for story in (
        crash_at_claim,
        crash_at_commit,
        crash_at_publish,
        crash_after_ask,
        crash_at_decision,
        everything_stopped,
        last_doorbell,
        broker_stopped,
        paid_calls,
        paid_calls_reworded,
        charge_unknown,
    )
}


if __name__ == "__main__":
    try:
        STORIES[sys.argv[1]]()
        status = 0
    except (AssertionError, TimeoutError, RuntimeError):
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    os._exit(status)
