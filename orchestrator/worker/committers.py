"""The only threads that hold database connections; others hand them functions. So no connection is held during a call.

With BATON_COMMITTERS=0 (tests) the function runs on the caller's thread.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

_threads = ThreadPoolExecutor(settings.BATON_COMMITTERS or 1, thread_name_prefix="committer")


def run(function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Run the function on a committer's connection and wait for its result."""
    if settings.BATON_COMMITTERS == 0:
        return function(*args, **kwargs)
    return _threads.submit(lambda: _with_connection(function, *args, **kwargs)).result()


def _with_connection(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    connection.close_if_unusable_or_obsolete()
    try:
        return function(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        connection.errors_occurred = True  # the next call looks whether the connection still works
        raise


def warm_up() -> None:
    """Open every committer's connection; the barrier gives each thread exactly one."""
    every = threading.Barrier(max(1, settings.BATON_COMMITTERS))
    for waiting in [_threads.submit(_warm_up, every) for _ in range(every.parties)]:
        waiting.result()


def _warm_up(every: threading.Barrier) -> None:
    connection.ensure_connection()  # looked up here: a connection belongs to the thread that asks for it
    every.wait(timeout=60)
