"""One socket or stream: who watches, how far each of its runs has been sent, and the queue in between."""

from asyncio import Task
from dataclasses import dataclass, field

from orchestrator.engine.values import BatonError
from orchestrator.hub import frames
from orchestrator.hub.frame_queue import FrameQueue
from orchestrator.hub.frames import Closed, Frame
from teams.callers import Caller

MOST_RUNS = 50
LOST_MEMBERSHIP = 4403
"""The close code of a socket whose person may no longer see what it shows."""


class TooManyWatched(BatonError):
    """One connection follows at most 50 runs. Open another one, or stop following a run."""

    code = "too_many_watched"


@dataclass(eq=False, slots=True)
class Following:
    """A run that a watcher follows: events up to `last` are in its queue."""

    watcher: "Watcher"
    run: int
    last: int
    catching_up: Task[None] | None = None

    def deliver(self, frame: Frame) -> bool:
        """Hand an event on, unless it was sent already. False where the queue is full."""
        if frame.seq is None or frame.seq <= self.last:
            return True
        if not self.watcher.queue.offer(frame):
            return False
        self.last = frame.seq
        return True

    async def deliver_patiently(self, found: list[Frame]) -> None:
        """Hand events on as fast as the watcher takes them."""
        for frame in found:
            await self.watcher.queue.put(frame)
            self.last = frame.seq or self.last

    def is_over(self) -> bool:
        return self.watcher.following.get(self.run) is not self


@dataclass(eq=False, slots=True)
class Watcher:
    """One connection of one caller."""

    caller: Caller
    queue: FrameQueue = field(default_factory=FrameQueue)
    following: dict[int, Following] = field(default_factory=dict)

    def dismiss(self) -> None:
        """Send the watcher away: its person is no longer what they were."""
        message = "You are no longer in this team as you were. Load the page again, or use another token."
        told = frames.error(code="membership_changed", message=message)
        self.queue.close(Closed(code=LOST_MEMBERSHIP, frame=told))
