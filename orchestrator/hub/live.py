"""The hub itself: who watches which run, and what is done every few seconds for all of them together."""

import asyncio
import logging
from asyncio import Task
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from orchestrator.engine.values import Json
from orchestrator.hub import frames, reading
from orchestrator.hub.doorbells import Doorbells
from orchestrator.hub.topic import Topic
from orchestrator.hub.watcher import MOST_RUNS, Following, TooManyWatched, Watcher
from teams.callers import Caller
from teams.policy import Action

TOPICS: Mapping[str, Action] = {"reviews": Action.see_reviews}
"""What can be heeded of one's team, and what one must be allowed for it."""
LOOK_EVERY = 2.0
CHECK_EVERY = 30.0
logger = logging.getLogger(__name__)


class Hub:
    """Of one event loop at a time: it works from the first watcher's entry to the last one's leaving."""

    def __init__(self, *, look_every: float = LOOK_EVERY, check_every: float = CHECK_EVERY) -> None:
        self._look_every, self._check_every = look_every, check_every
        self._watchers: set[Watcher] = set()
        self._topics: dict[int, Topic] = {}
        self._working: dict[int, Task[None]] = {}
        self._heeding: dict[str, dict[Watcher, str]] = {}
        self._tasks: list[Task[None]] = []
        self._doorbells: Doorbells | None = None
        self._look_wanted = asyncio.Event()

    def enter(self, caller: Caller) -> Watcher:
        """A new connection of that caller. It must leave at its end."""
        watcher = Watcher(caller=caller)
        self._watchers.add(watcher)
        if len(self._watchers) == 1:
            self._begin()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """The connection is over."""
        for run in tuple(watcher.following):
            self.stop(watcher, run=run)
        self._heeding = {
            topic: left
            for topic, heeding in self._heeding.items()
            if (left := {one: name for one, name in heeding.items() if one is not watcher})
        }
        self._watchers.discard(watcher)
        self._close_idle()
        if not self._watchers:
            self._end()

    async def watch(self, watcher: Watcher, *, run: int, after: int) -> None:
        """Send the watcher what happened in the run after that event, then what happens.

        Raises NotAllowed, RunNotFound, NotYetThere, TooManyWatched.
        """
        if run not in watcher.following and len(watcher.following) >= MOST_RUNS:
            raise TooManyWatched
        await reading.check_may_watch(by=watcher.caller, run=run, after=after)
        if watcher not in self._watchers:
            return  # it left meanwhile
        self.stop(watcher, run=run)
        one = watcher.following[run] = Following(watcher=watcher, run=run, last=after)
        topic = self._topic(run)
        topic.members.add(one)
        one.catching_up = _started(_catch_up(one, topic))

    def heed(self, watcher: Watcher, *, name: str) -> None:
        """Tell the watcher when its team's reviews change, that and no more. Raises NotAllowed."""
        watcher.caller.demand(TOPICS[name])
        if watcher in self._watchers:
            self._heeding.setdefault(f"team:{watcher.caller.team_id}:{name}", {})[watcher] = name

    def stop(self, watcher: Watcher, *, run: int) -> None:
        """The watcher follows the run no longer."""
        one = watcher.following.pop(run, None)
        topic = self._topics.get(run)
        if one and one.catching_up:
            one.catching_up.cancel()
        if one and topic:
            topic.leave(one)
            self._close_idle()

    async def look(self) -> None:
        """Ask for the last event of all watched runs, in one query: a doorbell may have been lost."""
        self._close_idle()
        if self._topics:
            for run, seq in (await reading.sequences(sorted(self._topics))).items():
                self._ring(run, seq)

    async def tick(self, now: datetime) -> None:
        """Send those away who are no longer what they were when they came."""
        callers = {watcher.caller for watcher in self._watchers}
        gone = set(await reading.gone(callers, now=now)) if callers else set()
        for watcher in tuple(self._watchers):
            if watcher.caller in gone:
                watcher.dismiss()
                for run in tuple(watcher.following):
                    self.stop(watcher, run=run)

    def watched(self) -> list[int]:
        """The runs that somebody watches here."""
        return sorted(self._topics)

    def heeded(self) -> list[str]:
        """The topics of which somebody here wants to hear."""
        return sorted(self._heeding)

    def _begin(self) -> None:
        self._doorbells = Doorbells(
            on_bell=self._ring,
            on_tokens=self._pass_on,
            on_topic=self._tell_topic,
            on_connected=self._tell_all,
        )
        self._look_wanted = asyncio.Event()
        works = (self._doorbells.work(), self._look_regularly(), self._check_regularly())
        self._tasks = [_started(work) for work in works]

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self._doorbells = None

    def _topic(self, run: int) -> Topic:
        if run not in self._topics:
            topic = self._topics[run] = Topic(run)
            self._working[run] = _started(topic.work())
            if self._doorbells:
                self._doorbells.follow(run)
        return self._topics[run]

    def _close_idle(self) -> None:
        """Also those whose last follower read too slowly."""
        for run in [run for run, topic in self._topics.items() if not topic.members]:
            del self._topics[run]
            self._working.pop(run).cancel()
            if self._doorbells:
                self._doorbells.forget(run)

    def _ring(self, run: int, seq: int) -> None:
        if run in self._topics:
            self._topics[run].ring(seq)

    def _pass_on(self, run: int, pieces: Json) -> None:
        if run in self._topics:
            self._topics[run].pass_on(frames.tokens(run=run, pieces=pieces))

    def _tell_topic(self, topic: str) -> None:
        for watcher, name in tuple(self._heeding.get(topic, {}).items()):
            watcher.queue.offer_spare(frames.topic(name))

    def _tell_all(self) -> None:
        """What was told before this connection is lost: everybody looks for themselves."""
        self._look_wanted.set()
        for topic in tuple(self._heeding):
            self._tell_topic(topic)

    async def _look_regularly(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every):
                    await self._look_wanted.wait()
            self._look_wanted.clear()
            await _or_later(self.look)

    async def _check_regularly(self) -> None:
        while True:
            await asyncio.sleep(self._check_every)
            await _or_later(lambda: self.tick(timezone.now()))


def _started(work: Coroutine[Json, Json, None]) -> Task[None]:
    task = asyncio.create_task(work)
    task.add_done_callback(_report)
    return task


def _report(task: Task[None]) -> None:
    """A task of the hub ends when it is cancelled; any other end is a bug that somebody must see."""
    if not task.cancelled() and (problem := task.exception()):
        logger.error("a task of the hub has failed", exc_info=problem)


async def _catch_up(one: Following, topic: Topic) -> None:
    """Send what the watcher missed, as fast as it takes it, then let it follow with the others."""
    is_more = True
    while is_more:
        found = await reading.events(run=one.run, after=one.last)
        await one.deliver_patiently(found)
        is_more = len(found) == reading.PAGE
    topic.join(one)


async def _or_later(check: Callable[[], Awaitable[None]]) -> None:
    """What fails while the database is away is done again next time."""
    try:
        await check()
    except (DatabaseError, InterfaceError) as problem:
        logger.warning("the hub could not ask the database", extra={"error": str(problem)[:200]})
