"""Files that are sent piece by piece while they are read."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async


async def sent(pieces: Iterator[str]) -> AsyncIterator[str]:
    """The server waits for the database in a thread, and for the reader of the file in none."""
    while (piece := await sync_to_async(_next)(pieces)) is not None:
        yield piece


def _next(pieces: Iterator[str]) -> str | None:
    return next(pieces, None)
