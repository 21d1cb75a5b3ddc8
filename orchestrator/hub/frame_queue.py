"""The bounded queue between the hub and one socket or stream: whoever reads slowly costs little memory and nobody's time."""

import asyncio
from collections import deque

from orchestrator.hub.frames import Closed, Frame

MOST_FRAMES = 1000
MOST_CHARACTERS = 4_000_000


class FrameQueue:
    """Of one event loop. Frames are bounded in number and size; a notice and the end always have room."""

    def __init__(self, *, most_frames: int = MOST_FRAMES, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_frames, self._most_characters = most_frames, most_characters
        self._waiting: deque[Frame | Closed] = deque()
        self._characters = 0
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()

    def offer(self, frame: Frame) -> bool:
        """Put the frame in if there is room; whether there was."""
        if self._is_full():
            return False
        self._put(frame)
        return True

    def offer_spare(self, frame: Frame) -> None:
        """Put in what may be lost, while the queue is less than half full."""
        if len(self._waiting) * 2 < self._most_frames and self._characters * 2 < self._most_characters:
            self._put(frame)

    async def put(self, frame: Frame) -> None:
        """Put the frame in as soon as there is room."""
        while self._is_full():
            self._drained.clear()
            await self._drained.wait()
        self._put(frame)

    def notice(self, frame: Frame) -> None:
        """Put in what must be told, full or not."""
        self._put(frame)

    def close(self, reason: Closed) -> None:
        """The last thing that is taken out; what waits is dropped."""
        self._waiting.clear()
        self._characters = 0
        self._put(reason)

    async def get(self) -> Frame | Closed:
        """The next frame, as soon as there is one."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        found = self._waiting.popleft()
        if isinstance(found, Frame):
            self._characters -= len(found.text)
        self._drained.set()
        return found

    def _is_full(self) -> bool:
        return len(self._waiting) >= self._most_frames or self._characters >= self._most_characters

    def _put(self, frame: Frame | Closed) -> None:
        self._waiting.append(frame)
        if isinstance(frame, Frame):
            self._characters += len(frame.text)
        self._filled.set()
