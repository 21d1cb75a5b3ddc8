"""Reads what vendors send: a JSON body, or a stream of events up to its protocol's own end marker.

The SDKs return the partial text of a truncated stream as if it were an answer, so their stream helpers are not used.
Format of the stream: HTML Standard, "Server-sent events".
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol

import httpx2

from orchestrator.contract.messages import Delta, OnDelta
from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers._errors import AnswerTooLarge, TruncatedStream, readable

LARGEST_ANSWER = 80 << 20
DRAIN = 0.5
DONE: JsonObject = {"type": "[DONE]"}


class Response(Protocol):
    """What both SDKs give as the response of `with_streaming_response`."""

    def iter_bytes(self) -> AsyncIterator[bytes]: ...


class Collector(Protocol):
    """Puts the events of one stream together. `take` raises what an error event says."""

    @property
    def has_ended(self) -> bool:
        """Whether the protocol's own end marker was seen: the answer is complete."""
        ...

    @property
    def is_last(self) -> bool:
        """Whether nothing can follow any more."""
        ...

    def take(self, event: JsonObject) -> Delta | None: ...

    def whole(self) -> JsonObject:
        """The answer as it would have come without a stream."""
        ...


async def read_body(response: Response, *, vendor: str) -> JsonObject:
    """A whole answer. Raises UnreadableAnswer where it is no JSON object."""
    body = b"".join([piece async for piece in _limited(response.iter_bytes())])
    with readable(vendor):
        return _object(loads(body))


async def read_stream(response: Response, collector: Collector, on_delta: OnDelta | None, *, vendor: str) -> JsonObject:
    """A streamed answer. Raises TruncatedStream where its end marker is missing."""
    pieces = _limited(response.iter_bytes())
    events = _events(pieces)
    try:
        async for data in events:
            with readable(vendor):
                delta = collector.take(DONE if data == b"[DONE]" else _object(loads(data)))
            if delta is not None and on_delta is not None:
                on_delta(delta)
            if collector.is_last:
                break
    except httpx2.TransportError:
        if not collector.has_ended:
            raise
    if not collector.has_ended:
        raise TruncatedStream(f"The stream of {vendor} ended without its end marker. It is tried again.")
    await _drain(pieces)
    with readable(vendor):
        return collector.whole()


def loads(source: str | bytes) -> Json:
    """JSON as RFC 8259 has it: no NaN, no Infinity. Raises ValueError or RecursionError."""
    if isinstance(source, bytes):
        source = source.decode()
    return json.loads(source, parse_constant=_refuse)


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no JSON")


def _object(value: Json) -> JsonObject:
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    return value


async def _limited(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise AnswerTooLarge
        yield piece


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """What follows the end marker must be read for the connection to be used again; nobody waits for it long."""
    with suppress(httpx2.TransportError, TimeoutError):
        async with asyncio.timeout(DRAIN):
            async for _ in pieces:
                pass


async def _events(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event. An event that is cut off is none."""
    data: list[bytes] = []
    async for line in _lines(pieces):
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            yield b"\n".join(data)
            data = []


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    kept: list[bytes] = []
    async for piece in pieces:
        first, *more = piece.split(b"\n")
        kept.append(first)
        for line in more:
            yield b"".join(kept).rstrip(b"\r")
            kept = [line]
