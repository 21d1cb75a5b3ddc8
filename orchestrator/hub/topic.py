"""One watched run: its task reads each new event once and hands the same frame to everyone who follows.

Only this task hands out live events, one page after the other, so that nobody can get them out of order or miss one.
"""

import asyncio

from orchestrator.hub import frames, reading
from orchestrator.hub.frames import Frame
from orchestrator.hub.watcher import Following


class Topic:
    """Of one run and one event loop. `position` is the last event that was handed out."""

    def __init__(self, run: int) -> None:
        self.run = run
        self.position: int | None = None
        self.members: set[Following] = set()
        """Followers, and those who still catch up."""
        self._followers: set[Following] = set()
        self._joining: list[Following] = []
        self._news = asyncio.Event()
        self._heard = 0

    def ring(self, seq: int) -> None:
        """The run is said to be at this event."""
        self._heard = max(self._heard, seq)
        if self.position is not None and self._heard > self.position:
            self._news.set()

    def join(self, one: Following) -> None:
        """Let somebody follow who has caught up, or nearly."""
        self._joining.append(one)
        self._news.set()

    def leave(self, one: Following) -> None:
        self.members.discard(one)
        self._followers.discard(one)
        if one in self._joining:
            self._joining.remove(one)

    def pass_on(self, frame: Frame) -> None:
        """Hand tokens on to every member who has room for them."""
        for one in self.members:
            one.watcher.queue.offer_spare(frame)

    async def work(self) -> None:
        """For ever: read what is new when the bell rings."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._let_in()
            await self._hand_out()

    async def _let_in(self) -> None:
        """Give those who join what was handed out since they last read."""
        while self._joining:
            one = self._joining[0]
            if self.position is None:
                self.position = one.last
            missed = await reading.events(run=self.run, after=one.last) if one.last < self.position else []
            self._deliver(one, missed)
            if not missed and one in self._joining:
                self._joining.remove(one)
                self._followers.add(one)

    async def _hand_out(self) -> None:
        is_more = self.position is not None
        while is_more:
            found = await reading.events(run=self.run, after=self.position or 0)
            for one in tuple(self._followers):
                self._deliver(one, found)
            self.position = found[-1].seq if found else self.position
            is_more = len(found) == reading.PAGE

    def _deliver(self, one: Following, found: list[Frame]) -> None:
        """Whoever reads too slowly follows no longer and is told from where to go on."""
        if one.is_over():
            self.leave(one)
        elif not all(one.deliver(frame) for frame in found):
            self.leave(one)
            one.watcher.following.pop(self.run)
            one.watcher.queue.notice(frames.refetch(run=self.run, after=one.last))
