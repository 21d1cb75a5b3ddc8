"""A run's events as server-sent events: the same objects as on the socket, for programs that prefer HTTP.

A client that was cut off, or that is told to refetch, comes back with the header Last-Event-ID and misses nothing.
"""

import asyncio
from collections.abc import AsyncIterator

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from orchestrator.engine.values import BatonError
from orchestrator.hub import Watcher, frames, hub
from orchestrator.hub.frames import Closed, Frame
from orchestrator.hub.reading import check_may_watch, on_thread
from teams.authentication import caller_of
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound, NotSignedIn
from teams.problems import problem
from teams.values import TeamsError

ALIVE_EVERY = 15.0
"""Seconds of silence after which a comment keeps proxies from closing the connection."""
LARGEST = 2**31
STATUS = {NotSignedIn: 401, NotAllowed: 403, NotFound: 404}


class WrongEventNumber(BatonError):
    """Last-Event-ID (or `after`) must be the number of the last event that you have: 0 for all of them."""

    code = "wrong_event_number"


@require_GET
async def stream(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """What happened in the run after event N, then what happens, until the client goes away."""
    try:
        after = _after(request)
        by = await on_thread(caller_of, request, now=timezone.now())
        await check_may_watch(by=by, run=run_id, after=after)
    except (BatonError, TeamsError) as refused:
        return _refused(refused)
    answer = StreamingHttpResponse(_events(by, run=run_id, after=after), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


def _after(request: HttpRequest) -> int:
    """Last-Event-ID wins: a browser sends it when it connects again to the same address."""
    text = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    if not (text.isascii() and text.isdigit() and int(text[:11]) < LARGEST):
        raise WrongEventNumber
    return int(text)


def _refused(error: BatonError | TeamsError) -> HttpResponseBase:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 422)
    answer = problem(status=status, code=error.code, detail=str(error), data=error.data)
    if status == STATUS[NotSignedIn]:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


async def _events(by: Caller, *, run: int, after: int) -> AsyncIterator[str]:
    watcher = hub.enter(by)
    try:
        await hub.watch(watcher, run=run, after=after)
        yield ": following\n\n"
        is_open = True
        while is_open:
            found = await _next(watcher)
            yield _shown(found)
            is_open = not (isinstance(found, Closed) or (found and found.name == frames.REFETCH))
    except (BatonError, TeamsError) as refused:
        yield _shown(frames.error(code=refused.code, message=str(refused), run=run))
    finally:
        hub.leave(watcher)


async def _next(watcher: Watcher) -> Frame | Closed | None:
    """The next frame; None after some silence."""
    try:
        async with asyncio.timeout(ALIVE_EVERY):
            return await watcher.queue.get()
    except TimeoutError:
        return None


def _shown(found: Frame | Closed | None) -> str:
    """A frame as a server-sent event. Those of a run have its number as their id, and no name."""
    if found is None:
        return ": alive\n\n"
    frame = found.frame if isinstance(found, Closed) else found
    head = f"event: {frame.name}\n" if frame.name else f"id: {frame.seq}\n"
    return f"{head}data: {frame.text}\n\n"
