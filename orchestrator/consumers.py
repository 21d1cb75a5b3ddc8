"""The socket of live pages at /live/: says who it is once, names runs, and gets their events.

A client sends {"run": id, "after": seq} for each run, and {"run": id, "stop": true} to follow it no longer; {"topic": "reviews"}
to be told {"topic": "reviews"} whenever its team's reviews have changed. It gets events as
the REST API gives them; {"run", "tokens"} while models write; {"run", "refetch": seq} when it read too slowly: it then loads
the run or asks for the events after that one, and names the run anew; {"error": {"code", "message"}} for what is refused.
"""

import asyncio
from asyncio import Task
from contextlib import suppress
from typing import Any, Literal

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orchestrator.engine.values import BatonError
from orchestrator.hub import Watcher, frames, hub
from orchestrator.hub.frames import Closed, Frame
from orchestrator.hub.reading import on_thread, until_it_answers
from teams.sockets import caller_of_socket
from teams.values import TeamsError

LONGEST_FRAME = 65_536
NOT_SIGNED_IN, TOO_LONG = 4401, 1009


class Wish(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    run: int = Field(ge=1, lt=2**63)
    after: int = Field(default=0, ge=0, lt=2**31)
    stop: bool = False


class Heed(BaseModel):
    """What a client sends to hear of changes that have no events."""

    model_config = ConfigDict(extra="forbid", strict=True)

    topic: Literal["reviews"]


WISHES: TypeAdapter[Wish | Heed] = TypeAdapter(Wish | Heed)


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Everything that is sent goes through the watcher's queue, so in one order and by one task."""

    watcher: Watcher | None = None
    sending: Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def connect(self) -> None:
        """Let in whoever is known; others are told why not."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]}
        await self.accept()
        try:
            caller = await until_it_answers(lambda: on_thread(caller_of_socket, headers, now=timezone.now()))
        except TeamsError as refused:
            await self._refuse(frames.error(code=refused.code, message=str(refused)))
        else:
            self.watcher = hub.enter(caller)
            self.sending = asyncio.create_task(self._send_all(self.watcher))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One wish."""
        if self.watcher is None:
            return
        if len((text_data or "").encode()) > LONGEST_FRAME or len(bytes_data or b"") > LONGEST_FRAME:
            too_long = frames.error(code="frame_too_long", message="A frame may have 64 KiB. Name one run in each.")
            self.watcher.queue.close(Closed(code=TOO_LONG, frame=too_long))
            return
        try:
            wish = WISHES.validate_json(text_data or "")
        except ValidationError:
            message = 'Send {"run": id, "after": number of the last event that you have}, or {"run": id, "stop": true}.'
            self.watcher.queue.notice(frames.error(code="wrong_message", message=message))
        else:
            await self._carry_out(self.watcher, wish)

    async def _carry_out(self, watcher: Watcher, wish: Wish | Heed) -> None:
        run = wish.run if isinstance(wish, Wish) else None
        try:
            if isinstance(wish, Heed):
                hub.heed(watcher, name=wish.topic)
            elif wish.stop:
                hub.stop(watcher, run=wish.run)
            else:
                await hub.watch(watcher, run=wish.run, after=wish.after)
        except (BatonError, TeamsError) as refused:
            watcher.queue.notice(frames.error(code=refused.code, message=str(refused), run=run))

    async def _send_all(self, watcher: Watcher) -> None:
        with suppress(OSError):  # the client went away; its disconnect follows
            while True:
                found = await watcher.queue.get()
                if isinstance(found, Closed):
                    await self.send(text_data=found.frame.text)
                    await self.close(found.code)
                    return
                await self.send(text_data=found.text)

    async def _refuse(self, frame: Frame) -> None:
        await self.send(text_data=frame.text)
        await self.close(NOT_SIGNED_IN)

    def _leave(self) -> None:
        if self.sending:
            self.sending.cancel()
        if self.watcher:
            hub.leave(self.watcher)
