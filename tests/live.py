"""Watching runs in tests: who watches, what they got, and commits whose doorbells ring or are lost as the test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Barrier
from typing import Any

import redis
from asgiref.sync import SyncToAsync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connections

from config.asgi import application
from orchestrator.hub import Hub, Watcher, reading
from orchestrator.hub.frames import Closed
from orchestrator.models import Event
from orchestrator.operations import runs as operations
from orchestrator.worker.publisher import WATCHED, Publisher
from teams.authentication import caller_in_team
from teams.callers import Caller
from teams.models import User
from tests import runs
from tests.personas import Personas

SECONDS = 10.0


def quiet_hub() -> Hub:
    """A hub that asks the database only when the test tells it to."""
    return Hub(look_every=3600, check_every=3600)


@asynccontextmanager
async def watching(hub: Hub, caller: Caller, *, run: int | None = None, after: int = 0) -> AsyncIterator[Watcher]:
    """A connection of that caller."""
    watcher = hub.enter(caller)
    try:
        if run is not None:
            await hub.watch(watcher, run=run, after=after)
        yield watcher
    finally:
        hub.leave(watcher)


async def taken(watcher: Watcher, count: int) -> list[Any]:
    """The next frames of a watcher, as objects."""
    return [await one_taken(watcher) for _ in range(count)]


async def one_taken(watcher: Watcher) -> Any:
    async with asyncio.timeout(SECONDS):
        found = await watcher.queue.get()
    return json.loads(found.frame.text if isinstance(found, Closed) else found.text)


async def until(is_true: Callable[[], object]) -> None:
    """Look again and again until something holds."""
    async with asyncio.timeout(SECONDS):
        while not is_true():  # noqa: ASYNC110  # what it waits for is in another process
            await asyncio.sleep(0.005)


def a_run(world: Personas, graph: str = "a -> b") -> int:
    """A run of Alice's team with one event: nothing of it has been worked on."""
    return runs.start(runs.a_version(graph, team=world.team))


def commit(run: int, times: int = 1) -> None:
    """That many commits. Nobody rings for them: their doorbells wait in this process's outbox."""
    for _ in range(times):
        (operations.resume if runs.status(run) == "paused" else operations.pause)(run=run, by="test")


commit_later = sync_to_async(commit)


def last_event(run: int) -> int:
    return int(Event.unscoped.filter(run=run).latest("seq").seq)


def publisher() -> Publisher:
    """Rings for what this process committed; wakes no worker."""
    return Publisher(sender=lambda _run, _queue: None)


def is_marked(run: int) -> bool:
    """Whether workers take the run for watched."""
    with client() as server:
        return bool(server.exists(WATCHED % run))


def client() -> "redis.Redis":
    """A connection of the test's own."""
    return redis.Redis.from_url(settings.REDIS_URL)


def close_connections() -> None:
    """Those of this thread, of the hub's and of sync_to_async's: so that the test database can be dropped."""
    every = Barrier(reading.THREADS)

    def close() -> None:
        every.wait(timeout=10)
        connections.close_all()

    for closed in [reading._threads.submit(close) for _ in range(reading.THREADS)]:
        closed.result()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    connections.close_all()


def caller_again(caller: Caller) -> Caller:
    """The same person as they are now."""
    return caller_in_team(User.objects.get(pk=caller.user_id or 0), chosen=caller.team_id)


class Socket(ApplicationCommunicator):
    """A client of a socket of ours. (Channels' own needs another web server to be installed.)"""

    def __init__(self, path: str = "/live/", *, query: str = "", **headers: str) -> None:
        given = {"host": "localhost", **headers}
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": [],
        }
        super().__init__(application, scope)

    async def connect(self) -> bool:
        """Whether the server accepts it; else with which code it was refused is not told to browsers."""
        await self.send_input({"type": "websocket.connect"})
        return bool((await self.receive_output(timeout=SECONDS))["type"] == "websocket.accept")

    async def send(self, wish: Any) -> None:
        """Send a wish, or text as it is."""
        text = wish if isinstance(wish, str) else json.dumps(wish, ensure_ascii=False)
        await self.send_input({"type": "websocket.receive", "text": text})

    async def received(self, count: int) -> list[Any]:
        """The next messages."""
        return [json.loads((await self.receive_output(timeout=SECONDS))["text"]) for _ in range(count)]

    async def refused(self) -> tuple[str, int]:
        """The error's code and the close code with which the server sends the client away."""
        (found,) = await self.received(1)
        end = await self.receive_output(timeout=SECONDS)
        assert end["type"] == "websocket.close"
        return found["error"]["code"], end["code"]

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=SECONDS)
