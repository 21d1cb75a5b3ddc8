"""Writes a Delivery to the client at the wanted speed. Uses only the public interface of aiohttp's web server."""

import asyncio
import socket
import struct

from aiohttp import web

from tests.model_server.draws import Draws
from tests.model_server.faults import Delivery

A_MOMENT = 0.02  # for what was written to leave the process before the connection ends


class Pace:
    """Seconds before the first byte and for each piece. `jitter` 0.2 makes every wait up to 20 % shorter or longer."""

    def __init__(self, settings: dict, draws: Draws) -> None:
        self.latency, self.rate, self.jitter = (float(settings[key] or 0) for key in ("latency", "rate", "jitter"))
        self.draws = draws

    def first(self) -> float:
        return self._varied(self.latency, "first")

    def piece(self, number: int) -> float:
        return self._varied(1 / self.rate, f"piece{number}") if self.rate else 0.0

    def _varied(self, seconds: float, label: str) -> float:
        return seconds * (1 + self.jitter * (2 * self.draws.number(label) - 1)) if self.jitter and seconds else seconds


async def send(request: web.Request, delivery: Delivery, pace: Pace) -> web.StreamResponse:
    """An answer that is not streamed takes as long as its pieces would: a model makes them all the same."""
    if not delivery.streamed and delivery.ending == "end" and not delivery.drip:
        body = b"".join(data for _, data in delivery.chunks)
        return web.Response(
            body=body, status=delivery.status, headers=delivery.headers, content_type="application/json"
        )
    if delivery.ending == "reset" and not delivery.chunks:
        return await cut(request, web.Response(), reset=True)
    kind = "text/event-stream" if delivery.streamed else "application/json"
    response = web.StreamResponse(
        status=delivery.status, headers=delivery.headers | {"content-type": kind, "cache-control": "no-cache"}
    )
    if not delivery.streamed:
        missing = 0 if delivery.ending == "end" else max(1, delivery.size())
        response.content_length = delivery.size() + missing
    await response.prepare(request)
    await _write(response, delivery, pace)
    if delivery.ending == "end":
        await response.write_eof()
        return response
    return await cut(request, response, reset=delivery.ending == "reset")


async def _write(response: web.StreamResponse, delivery: Delivery, pace: Pace) -> None:
    if delivery.drip:
        for byte in b"".join(data for _, data in delivery.chunks):
            await response.write(bytes((byte,)))
            await asyncio.sleep(delivery.drip)
        return
    waiting: list[bytes] = []
    number = 0
    for is_piece, data in delivery.chunks:
        waiting.append(data)
        if is_piece and pace.rate:
            await response.write(b"".join(waiting))
            waiting.clear()
            await asyncio.sleep(pace.piece(number))
            number += 1
    if waiting:
        await response.write(b"".join(waiting))


async def cut(request: web.Request, response: web.StreamResponse, *, reset: bool) -> web.StreamResponse:
    await asyncio.sleep(A_MOMENT)
    transport = request.transport
    if transport is not None and reset:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    elif transport is not None:
        transport.close()
    return response
