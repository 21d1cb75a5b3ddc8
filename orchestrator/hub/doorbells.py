"""The hub's one connection to Redis: hears what is published about watched runs, and marks them as watched.

What is lost while Redis is away is repaired by asking the database; tokens are not, the step's output replaces them.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterable

import redis.asyncio as redis
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from orchestrator.engine.values import Json
from orchestrator.worker.publisher import RUN_CHANNEL, TOKENS_CHANNEL, TOPIC_CHANNEL, WATCHED

LIFE = 30
"""Seconds for which a run counts as watched after the last mark."""
MARK_EVERY = 10.0
SILENCE = 5.0
"""Seconds without a word after which the connection is tried."""
PAUSE = 0.5
"""Seconds between two attempts to connect."""
HERE = "hub"
"""A channel on which nothing is said: a subscription that is always there."""
logger = logging.getLogger(__name__)


class SilentRedis(RedisError):
    """Redis did not answer a ping on the connection of the doorbells."""


class Doorbells:
    """Of one event loop. `on_bell` is called with (run, seq), `on_tokens` with (run, pieces), `on_topic` with the name of a
    topic, `on_connected` after each connection: whatever was published before it is lost."""

    def __init__(
        self,
        *,
        on_bell: Callable[[int, int], None],
        on_tokens: Callable[[int, Json], None],
        on_topic: Callable[[str], None],
        on_connected: Callable[[], None],
    ) -> None:
        self._on_bell, self._on_tokens, self._on_topic, self._on_connected = on_bell, on_tokens, on_topic, on_connected
        self._wanted: set[int] = set()
        self._changed = asyncio.Event()

    def follow(self, run: int) -> None:
        """Hear of this run, as soon as there is a connection."""
        self._wanted.add(run)
        self._changed.set()

    def forget(self, run: int) -> None:
        self._wanted.discard(run)
        self._changed.set()

    async def work(self) -> None:
        """For ever: connect, and connect again."""
        is_told = False
        client = _client()
        try:
            while not _is_cancelled():
                try:
                    await self._listen(client)
                except (RedisError, OSError) as problem:
                    if not is_told:
                        logger.warning(
                            "broker away, watchers are served by polling", extra={"error": str(problem)[:200]}
                        )
                    is_told = True
                await asyncio.sleep(PAUSE)
        finally:
            await client.aclose()

    async def _listen(self, client: "redis.Redis") -> None:
        """Until the connection breaks."""
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        try:
            await pubsub.subscribe(HERE)
            await pubsub.psubscribe(TOPIC_CHANNEL % "*")
            if _is_cancelled():
                return
            self._changed.set()
            await _together(self._hear(pubsub), self._subscribe(pubsub, client), self._mark_regularly(client))
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis is typed in part

    async def _hear(self, pubsub: PubSub) -> None:
        self._on_connected()
        is_asked = False
        while not _is_cancelled():
            message = await pubsub.parse_response(block=False, timeout=SILENCE)
            if message is None and is_asked:
                raise SilentRedis
            is_asked = message is None
            if is_asked:
                await pubsub.ping()
            else:
                self._tell(await pubsub.handle_message(message))  # type: ignore[no-untyped-call]

    def _tell(self, message: Json) -> None:
        if message and message["type"] == "pmessage":
            self._on_topic(message["channel"].removeprefix(TOPIC_CHANNEL % ""))
        if not message or message["type"] != "message":
            return
        kind, _, run = message["channel"].partition(":")
        said = json.loads(message["data"])
        if kind == "run":
            self._on_bell(int(run), int(said["seq"]))
        else:
            self._on_tokens(int(run), said)

    async def _subscribe(self, pubsub: PubSub, client: "redis.Redis") -> None:
        """Keep the subscriptions what they should be; a newly watched run is marked at once."""
        there: set[int] = set()
        while not _is_cancelled():
            await self._changed.wait()
            self._changed.clear()
            new, old = self._wanted - there, there - self._wanted
            there = set(self._wanted)
            if new:
                await pubsub.subscribe(*_channels(new))
                await _mark(client, new)
            if old:
                await pubsub.unsubscribe(*_channels(old))

    async def _mark_regularly(self, client: "redis.Redis") -> None:
        while not _is_cancelled():
            await asyncio.sleep(MARK_EVERY)
            await _mark(client, self._wanted)


def _is_cancelled() -> bool:
    """Whether this task is to end: asyncio.wait_for, on which redis stands, may swallow the cancellation itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _client() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=2,
        socket_timeout=5,
    )


async def _mark(client: "redis.Redis", runs: Iterable[int]) -> None:
    """Workers send tokens of these runs from now on."""
    pipeline = client.pipeline(transaction=False)
    for run in tuple(runs):
        pipeline.set(WATCHED % run, 1, ex=LIFE)
    await pipeline.execute()


def _channels(runs: Iterable[int]) -> list[str]:
    return [channel % run for run in sorted(runs) for channel in (RUN_CHANNEL, TOKENS_CHANNEL)]


async def _together(*works: Coroutine[Json, Json, None]) -> None:
    """Until the first of them fails; the others are ended then. (A TaskGroup leaves its task marked as cancelled.)"""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
