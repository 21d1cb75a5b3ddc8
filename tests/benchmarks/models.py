"""W4: runs of four model steps each, one second a call, through the official SDK against the local model server."""

import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import redis
from django.conf import settings
from django.db import connection

from orchestrator.models import Version
from orchestrator.worker.publisher import WATCHED
from teams.models import Connection, Team
from tests import runs
from tests.benchmarks import graphs
from tests.benchmarks.measured import Measured
from tests.benchmarks.report import Figure, report
from tests.processes import model_port

LATENCY = 1.0
CALLS = 4
IDEAL = LATENCY * CALLS
CORES = 2


def many_models(measured: Measured) -> None:
    """W4: 100 runs at once, streamed and not, and 1,000."""
    measured.system.start_model_server("--latency", str(LATENCY))
    team = Team.objects.create(name="Models", slug="models")
    base_url = f"http://127.0.0.1:{model_port()}/v1"
    Connection.objects.create(team=team, name="local", provider="openai_chat", settings={"base_url": base_url})
    node = {"type": "prompt", "config": {"model": "openai_chat/fake", "prompt": "hello"}}
    version = runs.a_version(graphs.chain(CALLS, **node), team=team)
    measured.bells.wait(_started(version, 8), seconds=60)  # the SDK is imported, the connections are open
    _measure(measured, version, 100, streamed=False, bar=5.0)
    _measure(measured, version, 100, streamed=True, bar=5.0)
    _measure(measured, version, 1000, streamed=False, bar=0.0)
    measured.system.stop("model")


def _measure(measured: Measured, version: Version, number: int, *, streamed: bool, bar: float) -> None:
    _fake("reset", b"{}")
    _fake("settings", json.dumps({"latency": LATENCY}).encode())
    before, began = measured.processor_time(), time.perf_counter()
    ended = measured.bells.wait(_started(version, number, streamed=streamed), seconds=240)
    used = {name: value - before.get(name, 0) for name, value in measured.processor_time().items()}
    stats = _fake("stats")
    busy = sum(value for name, value in used.items() if name != "client") / CORES
    limit = bar or 1.25 * max(IDEAL, busy)
    report(
        Figure(
            id="W4",
            what=f"{number} runs of {CALLS} model steps, {LATENCY:.0f} s a call, {'streamed' if streamed else 'whole'}, s",
            database=measured.database,
            values={
                "seconds": ended - began,
                "ideal": IDEAL,
                "cpu_bound": busy,
                "in_flight": stats["max_in_flight"],
                "calls": stats["calls"],
                "cpu_ms_per_call": {name: value * 1000 / (number * CALLS) for name, value in used.items()},
                "workers_mb": measured.memory("worker"),
            },
            bar=f"{limit:.1f} s; workers under 600 MB",
            is_met=stats["calls"] == number * CALLS,
        )
    )


def _started(version: Version, number: int, *, streamed: bool = False) -> list[int]:
    """Many threads start them, as many requests would."""

    def start(_: int) -> int:
        try:
            return runs.start(version)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(start, range(number)))
    if streamed:
        marks = redis.Redis.from_url(settings.REDIS_URL)
        for run in found:
            marks.set(WATCHED % run, 1, ex=120)
    return found


def _fake(path: str, body: bytes | None = None) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{model_port()}/__fake/{path}", body) as answer:
        found: dict[str, int] = json.load(answer)
    return found
