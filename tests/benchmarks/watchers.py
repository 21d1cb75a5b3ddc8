"""W8: many watch one run while a model writes it, on the real sockets; and the web process is killed under them.

From an event's commit to the client that got it, over one clock: everything is on this machine. The watchers are in this process.
"""

import asyncio
import functools
import json
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from orchestrator.engine.fold import View, fold
from orchestrator.engine.values import Json
from orchestrator.models import Run, Version
from orchestrator.operations import runs as operations
from teams.models import Connection
from teams.operations.tokens import create_token
from teams.policy import Permission
from tests import runs
from tests.benchmarks.graphs import chain
from tests.benchmarks.measured import Measured
from tests.benchmarks.report import Figure, percentile, report
from tests.personas import NOW, Personas, personas
from tests.processes import listener, model_port, wait_until

RATE, TOKENS = 200, 40
"""Tokens a second, and in each of the answers that follow each other without a pause."""
FEW, MANY = 50, 1000
AT_ONCE = 50
"""Sockets that open at the same time."""
SECONDS = 120
AGAIN = 0.2


@dataclass(slots=True, kw_only=True)
class Watcher:
    """One client: what it has got, and how late each event came."""

    seqs: list[int] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)
    tokens: int = 0
    opened: int = 0

    @property
    def last(self) -> int:
        return self.seqs[-1] if self.seqs else 0

    def take(self, frame: Json) -> None:
        if "seq" in frame:
            self.late.append(time.time() - frame["at"])
            self.seqs.append(frame["seq"])
            self.told.append(frame["facts"])
        self.tokens += "tokens" in frame

    def view(self) -> View:
        """The run as this client shows it."""
        return functools.reduce(fold, self.told, View())


@functools.lru_cache(maxsize=4096)
def read(text: str | bytes) -> Json:
    """A frame. All get the same text: reading it a thousand times would measure this process."""
    return json.loads(text)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A run, and all who watch it until they are told to stop."""

    run: int
    address: str
    token: str
    watchers: Sequence[Watcher]
    is_over: threading.Event = field(default_factory=threading.Event)

    def all_are_open(self) -> bool:
        return all(one.opened for one in self.watchers)

    def all_have(self, seq: int) -> bool:
        return all(one.last >= seq for one in self.watchers)

    async def watch(self) -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        following = [asyncio.create_task(self._follow(one, gate)) for one in self.watchers]
        await asyncio.to_thread(self.is_over.wait)
        for one in following:
            one.cancel()
        await asyncio.gather(*following, return_exceptions=True)

    async def _follow(self, one: Watcher, gate: asyncio.Semaphore) -> None:
        """Connects again until the end, each time from after its last event: as a page does."""
        headers = {"Authorization": f"Bearer {self.token}"}
        while True:
            try:
                async with gate:
                    socket = await connect(self.address, additional_headers=headers, compression=None)
                await self._hear(one, socket)
            except (OSError, ConnectionClosed, EOFError, TimeoutError):
                await asyncio.sleep(AGAIN)

    async def _hear(self, one: Watcher, socket: ClientConnection) -> None:
        async with socket:
            await socket.send(json.dumps({"run": self.run, "after": one.last}))
            one.opened += 1
            async for text in socket:
                frame = read(text)
                one.take(frame)
                if "refetch" in frame:
                    await socket.send(json.dumps({"run": self.run, "after": one.last}))


def watchers(measured: Measured) -> None:
    """W8."""
    people, port = personas(), measured.system.plan.port
    token = create_token(by=people.alice, name="W8", permissions=[Permission.read], expires_at=None, now=NOW).text
    measured.system.start_model_server("--rate", str(RATE))
    version = talking(people)
    with listener(port) as listening:  # while it is open, the web server can be replaced
        measured.system.start_web(listening)
        wait_until(lambda: fresh(port, token, None) is not None, seconds=60)
        for number, limit in ((FEW, 0.100), (MANY, 0.500)):
            streamed(measured, version, token, number=number, limit=limit)
        restarted(measured, version, token, listening)
        measured.system.stop("web")
    measured.system.stop("model")


def talking(people: Personas) -> Version:
    """A chain of answers that are written at the model's pace, one after the other."""
    base_url = f"http://127.0.0.1:{model_port()}/v1"
    Connection.objects.create(team=people.team, name="W8", provider="openai_chat", settings={"base_url": base_url})
    prompt = f"hello [[fake rate={RATE} tokens={TOKENS}]]"
    node = {"type": "prompt", "config": {"model": "openai_chat/fake", "prompt": prompt}}
    return runs.a_version(chain(40, **node), team=people.team)


def streamed(measured: Measured, version: Version, token: str, *, number: int, limit: float) -> None:
    """How late events come to so many, that none is missing, and what it costs the web process."""
    run = runs.start(version)
    operations.pause(run=run, by="W8")
    with watching(measured, run, token, number=number) as watched:
        settled(watched)
        before, began = measured.processor_time()["web"], time.perf_counter()
        operations.resume(run=run, by="W8")
        skipped = [len(one.late) for one in watched.watchers]
        ended(measured, watched)
        took = time.perf_counter() - began
        used = measured.processor_time()["web"] - before
    late = [each for one, first in zip(watched.watchers, skipped, strict=True) for each in one.late[first:]]
    p95 = percentile(late, 95)
    gaps = sum(one.seqs != list(range(1, one.last + 1)) for one in watched.watchers)
    values = {
        "p50_ms": percentile(late, 50) * 1000,
        "p95_ms": p95 * 1000,
        "seconds": took,
        "events": len(late),
        "token_frames": sum(one.tokens for one in watched.watchers),
        "with_gaps": gaps,
        "web_cores": used / took,
    }
    bar = f"p95 {limit * 1000:.0f} ms, no gap" + (", under 1 core" if number == FEW else "")
    is_met = not gaps and p95 <= limit and (number != FEW or used / took < 1)
    what = f"{number:,} watch a run of {RATE} tokens a second"
    report(Figure(id="W8", what=what, database=measured.database, values=values, bar=bar, is_met=is_met))


def restarted(measured: Measured, version: Version, token: str, listening: Any) -> None:
    """The web process is killed under them: each ends with what a fresh page shows."""
    run = runs.start(version)
    with watching(measured, run, token, number=FEW) as watched:
        wait_until(lambda: watched.all_have(3), seconds=SECONDS)
        measured.system.kill("web")
        began = time.perf_counter()
        measured.system.start_web(listening)
        wait_until(lambda: all(one.opened > 1 for one in watched.watchers), seconds=SECONDS)
        back = time.perf_counter() - began
        ended(measured, watched)
    page = fresh(measured.system.plan.port, token, run)
    gaps = sum(one.seqs != list(range(1, one.last + 1)) for one in watched.watchers)
    other = sum(one.view() != page for one in watched.watchers)
    values = {"back_seconds": back, "with_gaps": gaps, "unlike_a_fresh_page": other}
    report(
        Figure(
            id="W8",
            what=f"{FEW} watch while the web process is killed",
            database=measured.database,
            values=values,
            bar="no gap, none unlike a fresh page",
            is_met=not gaps and not other and page is not None,
        )
    )


@contextmanager
def watching(measured: Measured, run: int, token: str, *, number: int) -> Iterator[Watched]:
    """So many watch the run, all of them from the start of the block."""
    address = f"ws://127.0.0.1:{measured.system.plan.port}/live/"
    watched = Watched(run=run, address=address, token=token, watchers=[Watcher() for _ in range(number)])
    thread = threading.Thread(target=lambda: asyncio.run(watched.watch()), daemon=True)
    thread.start()
    try:
        wait_until(watched.all_are_open, seconds=SECONDS)
        yield watched
    finally:
        watched.is_over.set()
        thread.join()


def settled(watched: Watched) -> None:
    """The step that began before the pause has ended, and everybody has heard of it: nothing happens any more."""

    def is_still() -> bool:
        row = Run.unscoped.get(pk=watched.run)
        return row.running == 0 and watched.all_have(row.seq)

    wait_until(is_still, seconds=SECONDS, every=0.5)


def ended(measured: Measured, watched: Watched) -> None:
    """The run has ended, and everybody has heard of it."""
    measured.bells.wait([watched.run], seconds=SECONDS)
    last = Run.unscoped.get(pk=watched.run).seq
    wait_until(lambda: watched.all_have(last), seconds=SECONDS)


def fresh(port: int, token: str, run: int | None) -> View | None:
    """What the web server says of a run now. None while it says nothing."""
    address = f"http://127.0.0.1:{port}/api/v1/runs" + (f"/{run}" if run else "")
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}", "Host": "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.load(answer)
    except OSError:
        return None
    if run is None:
        return View()
    return View(run=found["status"], steps={step["path"]: step["status"] for step in found["steps"]})
