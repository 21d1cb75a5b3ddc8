"""Also under W7: how long a commit holds its run's lock, and how soon an agent that has made 200 calls goes on."""

import json
import time
import urllib.request
from statistics import median
from typing import Any

from django.db import connection

from orchestrator.contract.questions import Decision
from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import Command, Succeed
from orchestrator.engine.values import OUT
from orchestrator.models import Step, Version
from orchestrator.operations import answers, work
from orchestrator.store.graphs import graph_of
from teams.models import Connection, Team
from tests import runs
from tests.benchmarks import graphs
from tests.benchmarks.measured import Measured
from tests.benchmarks.report import Figure, report
from tests.processes import model_port, wait_until

QUEUE = "measured"
"""No worker listens to it: this process claims what is in it."""
ITEMS = 640
TURNS = 100
ROUNDS = 3
STORED = {"payload": "length(body)", "call": "coalesce(length(outcome), 0) + length(request)", "event": "length(facts)"}


def held(measured: Measured) -> None:
    """From a commit's beginning to its end; this process does what a worker does, and nobody else is at the run."""
    one = _commits(runs.a_version(graphs.chain(60, queue=QUEUE)))
    document = graphs.fan(ITEMS)
    document["nodes"]["each"]["config"]["body"]["nodes"]["item"]["queue"] = QUEUE
    chunk = _commits(runs.a_version(document))
    values = {"one_step_ms": median(one) * 1000, "chunk_of_32_ms": median(chunk) * 1000}
    report(_figure(measured, "a commit with its run's lock", values, "2 ms for one step, 4 ms for a chunk of 32"))


def _commits(version: Version) -> list[float]:
    run, graph = runs.start(version), graph_of(version.pk)
    wait_until(lambda: Step.unscoped.filter(run=run, queue=QUEUE, status="ready").exists(), seconds=20)
    time.sleep(0.2)
    return _work(run, graph)[3:-1]


def _work(run: int, graph: Graph) -> list[float]:
    """Settle and claim until nothing is left in the queue; seconds of each commit."""
    took: list[float] = []
    commands: list[Command] = []
    while True:
        began = time.perf_counter()
        done = work.go_on(run=run, worker=1, queue=QUEUE, commands=commands, graph=graph)
        took.append(time.perf_counter() - began)
        if not done.steps:
            return took
        commands = [Succeed(path=step.path, attempt=step.attempt, output='"done"', ports=(OUT,)) for step in done.steps]


def resumed(measured: Measured) -> None:
    """An agent is answered after 200 calls: until its next call begins, with everything before it read from the journal."""
    measured.system.start_model_server()
    peek = {"tool_calls": [{"name": "peek", "arguments": {"word": "again"}}]}
    last = {"tool_calls": [{"name": "tally", "arguments": {"job": 1}}]}
    _tell({"name": "long", "turns": [*[peek] * TURNS, last, {"text": "Done."}]})
    version = runs.a_version(_agent(), team=_team())
    found = [_resume(version) for _ in range(ROUNDS)]
    values = {"resume_ms": min(took for took, _ in found) * 1000, "stored_kb": found[-1][1] / 1000}
    report(_figure(measured, f"an agent of {2 * TURNS} calls goes on", values, "under 100 ms; under 3 MB"))
    measured.system.stop("model")


def _agent() -> graphs.Document:
    config = {
        "goal": "Look at everything.",
        "tools": ["peek", "tally"],
        "policies": {"tally": "ask"},
        "max_turns": TURNS + 5,
        "max_calls": TURNS + 5,
        "model": "openai_chat/fake",
    }
    return {"nodes": {"agent": {"type": "agent", "config": config, "timeout": 600}}, "edges": []}


def _team() -> Team:
    team = Team.objects.create(name="Agents", slug="agents")
    base_url = f"http://127.0.0.1:{model_port()}/v1"
    Connection.objects.create(team=team, name="local", provider="openai_chat", settings={"base_url": base_url})
    return team


def _resume(version: Version) -> tuple[float, int]:
    """Seconds from the answer until the approved tool's intent is written, and the bytes that the run has stored."""
    run = runs.start(version)
    wait_until(lambda: runs.status(run) == "waiting", seconds=120, every=0.05)
    time.sleep(0.3)
    (question,) = runs.open_questions(run)
    began = time.time()
    answers.answer(question=question.pk, decision=Decision(verdict="approved"))
    wait_until(lambda: runs.step(run, "agent").status not in ("waiting", "ready"), seconds=30, every=0.01)
    wait_until(lambda: _begun_at(run), seconds=30, every=0.01)
    return _begun_at(run) - began, _bytes(run)


def _begun_at(run: int) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(started_at), 0) FROM call WHERE run_id = %s AND target = 'tally'", [run])
        return float(cursor.fetchone()[0])


def _bytes(run: int) -> int:
    total = 0
    with connection.cursor() as cursor:
        for table, size in STORED.items():
            cursor.execute(f"SELECT coalesce(sum({size}), 0) FROM {table} WHERE run_id = %s", [run])
            total += int(cursor.fetchone()[0])
    return total


def _tell(script: dict[str, Any]) -> None:
    address = f"http://127.0.0.1:{model_port()}/__fake/script"
    request = urllib.request.Request(address, json.dumps(script).encode(), {"content-type": "application/json"})
    urllib.request.urlopen(request).close()


def _figure(measured: Measured, what: str, values: dict[str, float], bar: str) -> Figure:
    return Figure(id="W7", what=what, database=measured.database, values=values, bar=bar)
