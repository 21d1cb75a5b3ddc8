"""One asyncio loop thread on which every outbound call runs; the step's thread waits for the future.

`future.cancel()` ends a call at once: cancel and deadline need no stream. Made at import, before two threads could.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TypeVar

from orchestrator.engine.values import Json

Result = TypeVar("Result")

_loop = asyncio.new_event_loop()
threading.Thread(target=_loop.run_forever, name="io", daemon=True).start()


def submit(make: Callable[[], Coroutine[Json, Json, Result]]) -> "Future[Result]":
    """Start the coroutine on the loop. Parallel calls of a step are several futures."""

    async def started() -> Result:
        return await make()

    return asyncio.run_coroutine_threadsafe(started(), _loop)


def call(make: Callable[[], Coroutine[Json, Json, Result]]) -> Result:
    """Run the coroutine on the loop and wait."""
    return submit(make).result()
