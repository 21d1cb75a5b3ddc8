"""What the hub asks the database: on four threads of its own, so that pages and watchers never wait for each other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from orchestrator.engine.values import BatonError
from orchestrator.hub import frames
from orchestrator.hub.frames import Frame
from orchestrator.queries import events as queries
from orchestrator.queries import runs
from teams import authentication
from teams.callers import Caller
from teams.policy import Action

THREADS = 4
PAGE = 500
"""Events read at once."""
PAUSE = 0.5
"""Seconds between two attempts while the database is away."""
logger = logging.getLogger(__name__)
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hub")


class NotYetThere(BatonError):
    """The run has no such event yet. Load the run again and go on from the number that comes with it."""

    code = "event_not_yet_there"


async def on_thread(function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Run the function on one of the hub's connections."""
    call = partial(_with_connection, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads, call)


def _with_connection(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    connection.close_if_unusable_or_obsolete()
    try:
        with connection.wrap_database_errors:  # hand-written SQL goes around Django's cursor, which does it elsewhere
            return function(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        connection.errors_occurred = True  # the next call looks whether the connection still works
        raise


async def until_it_answers(read: Callable[[], Awaitable[Result]], *, pause: float = PAUSE) -> Result:
    """What `read` finds; while the database is away, again and again."""
    is_told = False
    while True:
        try:
            return await read()
        except (DatabaseError, InterfaceError) as problem:
            if not is_told:
                logger.warning("the database is away, watchers wait", extra={"error": str(problem)[:200]})
            is_told = True
            await asyncio.sleep(pause)


async def events(*, run: int, after: int) -> list[Frame]:
    """The next events of a run as frames, PAGE at most."""
    rows = await until_it_answers(partial(on_thread, queries.events, run=run, after=after, limit=PAGE))
    return [frames.event(run=run, seq=seq, at=at, facts=facts) for seq, at, facts in rows]


async def sequences(run_ids: Sequence[int]) -> dict[int, int]:
    """The number of each run's last event, in one query. Raises DatabaseError."""
    return await on_thread(queries.sequences, runs=run_ids)


async def check_may_watch(*, by: Caller, run: int, after: int) -> None:
    """Raises NotAllowed, RunNotFound or NotYetThere unless the caller may follow the run from there."""
    by.demand(Action.see)
    found = await until_it_answers(partial(on_thread, runs.find, team=by.team_id, run=run))
    if after > found.seq:
        raise NotYetThere(run=run, seq=found.seq)


async def gone(callers: Collection[Caller], *, now: datetime) -> list[Caller]:
    """Those who are no longer what they were. Raises DatabaseError."""
    return await on_thread(authentication.gone, callers, now=now)
