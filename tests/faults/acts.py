"""What is shown by itself, when all is quiet: the whole machine sleeps for a minute, and how soon work goes on after Redis."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.models import Call, Event, Run, Step
from orchestrator.store.database import current_time
from teams.models import Team
from tests import runs
from tests.faults import blows
from tests.faults.control import ask_server, tell_server
from tests.processes import System, wait_until

SUSPENDED = 60.0
SLEEPERS = 8
LATENCY = 20.0
"""Seconds that a call takes: on a busy machine the last of them begins long after the first."""
PROBES = 3
AWAY = 3.0
PATIENCE = 60.0
SAYS = "Sleeper {{ inputs.number }}. [[fake latency=" + f"{LATENCY}]]"
SLEEPER: dict[str, Any] = {
    "nodes": {
        "ask": {"type": "prompt", "config": {"prompt": SAYS, "model": "anthropic/claude-haiku-4-5"}},
        "after": {"type": "noop"},
    },
    "edges": [["ask", "out", "after"]],
}
CHAIN: dict[str, Any] = {"nodes": {"one": {"type": "noop"}, "two": {"type": "noop"}}, "edges": [["one", "out", "two"]]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A quiet set-up."""

    system: System
    team: Team

    def __post_init__(self) -> None:
        tell_server("settings", {"faults": []})


def sleep_for_a_minute(stage: Stage) -> list[str]:
    """All processes are stopped for a minute while calls are under way: no crash is counted, and no call is made again."""
    version = runs.a_version(SLEEPER, team=stage.team)
    started = [runs.start(version, {"number": number}) for number in range(SLEEPERS)]
    wait_until(lambda: ask_server("stats")["in_flight"] == SLEEPERS, seconds=PATIENCE)
    began = time.monotonic()
    blows.suspend(stage.system, SUSPENDED)
    problems = [] if time.monotonic() - began >= SUSPENDED else ["the machine did not sleep for a minute"]
    wait_until(lambda: _unended(started) == 0, seconds=PATIENCE)
    return [*problems, *_woken_up_wrongly(started)]


def _unended(started: list[int]) -> int:
    return Run.unscoped.filter(pk__in=started).exclude(status="succeeded").count()


def _woken_up_wrongly(started: list[int]) -> Iterator[str]:
    for number, run in enumerate(started):
        step = runs.step(run, "ask")
        found = (step.crashes, step.attempt, step.tries, step.round)
        if found != (0, 1, 0, 1):
            yield f"sleeper {number} has (crashes, attempt, tries, round) {found}"
    said = Counter(json.dumps(call["body"]).count("Sleeper ") for call in ask_server("calls")["calls"])
    if said[1] != len(started) or Call.unscoped.filter(run__in=started, kind="model").count() != len(started):
        yield f"{len(started)} sleepers made {said[1]} calls"


def after_redis(stage: Stage) -> list[float]:
    """Redis is killed and away for seconds, a run starts meanwhile: from Redis' start to the claim of its first step."""
    version = runs.a_version(CHAIN, team=stage.team)
    return sorted(_seconds_after_redis(stage.system, version) for _ in range(PROBES))


def _seconds_after_redis(system: System, version: Any) -> float:
    system.kill("valkey")
    run = runs.start(version)
    time.sleep(AWAY)
    if any(step.attempt for step in Step.unscoped.filter(run=run)):
        raise RuntimeError(f"a step of run {run} began without Redis: this measures nothing")
    back = current_time()
    system.start_again("valkey")
    wait_until(lambda: _unended([run]) == 0, seconds=PATIENCE)
    return _first_claim(run) - back


def _first_claim(run: int) -> float:
    for at, facts in Event.unscoped.filter(run=run).order_by("seq").values_list("at", "facts"):
        if any(fact.get("attempt") for fact in json.loads(facts)):
            return float(at)
    raise AssertionError(f"run {run} has no step that began")
