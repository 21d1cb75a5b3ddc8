"""The tools' client: redirects, limits, cookies, and the switch that forbids real calls."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import httpx2
import pytest
from aiohttp import web

from orchestrator import outbound
from orchestrator.outbound import (
    AddressRefused,
    GuardedClient,
    OutboundTransport,
    RealCallForbidden,
    ResponseTooLarge,
    TookTooLong,
    TooManyRedirects,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client_for(*ports: int, **limits: float) -> AsyncIterator[GuardedClient]:
    transport = OutboundTransport(
        trusted=[("127.0.0.1", port) for port in ports] + [("localhost", port) for port in ports]
    )
    async with GuardedClient(transport, **limits) as client:  # type: ignore[arg-type]
        yield client


async def echo(request: web.Request) -> web.StreamResponse:
    """What came; with ?to= a redirect of the status ?status=."""
    if "to" in request.query:
        status = int(request.query.get("status", "302"))
        return web.Response(status=status, headers={"location": request.query["to"], "set-cookie": "seen=1"})
    return web.json_response({"method": request.method, "headers": {k.lower(): v for k, v in request.headers.items()}})


def chain(port: int, length: int) -> str:
    """An address that redirects `length` times."""
    url = httpx2.URL(f"http://127.0.0.1:{port}/end")
    for _ in range(length):
        url = httpx2.URL(f"http://127.0.0.1:{port}/", params={"to": str(url)})
    return str(url)


async def test_three_redirects_are_followed_and_the_fourth_is_refused() -> None:
    async with serving(echo) as port, client_for(port) as client:
        response = await client.get(chain(port, 3))
        assert response.status_code == 200
        assert len(response.history) == 3
        with pytest.raises(TooManyRedirects):
            await client.get(chain(port, 4))


async def test_a_redirect_is_not_followed_if_the_caller_says_so() -> None:
    async with serving(echo) as port, client_for(port) as client:
        response = await client.get(chain(port, 1), follow_redirects=False)
        assert response.status_code == 302


async def test_credentials_stay_with_the_host_they_were_meant_for() -> None:
    secrets = {"authorization": "Bearer secret", "x-api-key": "secret", "x-anything": "secret", "cookie": "a=secret"}
    async with serving(echo) as port, serving(echo) as other, client_for(port, other) as client:
        target = f"http://127.0.0.1:{other}/"
        response = await client.get(f"http://127.0.0.1:{port}/", params={"to": target}, headers=secrets)
        assert "secret" not in response.text
        same_host = await client.get(f"http://127.0.0.1:{port}/", params={"to": "/end"}, headers=secrets)
        assert same_host.json()["headers"]["x-api-key"] == "secret"


async def test_a_body_is_not_carried_to_another_host() -> None:
    async with serving(echo) as port, client_for(port) as client:
        url = f"http://127.0.0.1:{port}/?status=307&to=http://localhost:{port}/end"
        with pytest.raises(AddressRefused, match="what was sent"):
            await client.post(url, json={"token": "secret"})


async def test_cookies_of_one_call_are_not_sent_with_the_next() -> None:
    async with serving(echo) as port, client_for(port) as client:
        await client.get(chain(port, 1))
        assert "cookie" not in (await client.get(chain(port, 0))).json()["headers"]


async def test_a_body_over_the_limit_is_refused_also_when_it_was_packed() -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        headers = {"content-encoding": "gzip"} if request.path == "/packed" else {}
        body = gzip.compress(bytes(300_000)) if headers else bytes(300_000)
        return web.Response(body=body, headers=headers)

    async with serving(large) as port, client_for(port, largest=200_000) as client:
        for path in ("packed", "plain"):
            with pytest.raises(ResponseTooLarge):
                await client.get(f"http://127.0.0.1:{port}/{path}")
    async with serving(large) as port, client_for(port) as client:
        response = await client.get(f"http://127.0.0.1:{port}/packed")
        assert response.content == bytes(300_000)


async def test_a_dripping_answer_ends_at_the_total_limit() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.01)

    async with serving(drip) as port, client_for(port, longest=0.2) as client:
        with pytest.raises(TookTooLong):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_a_lost_connection_is_not_called_a_timeout() -> None:
    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(drop) as port, client_for(port) as client:
        with pytest.raises(httpx2.ReadError):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_an_answer_that_is_no_http_is_a_protocol_error() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-server\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, client_for(port) as client:
        with pytest.raises(httpx2.TransportError):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving(echo) as port, client_for(port) as client:
        assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200


async def test_a_real_call_is_an_error_once_it_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        return [{"hostname": host, "host": "93.184.216.34", "port": port, "family": 2, "proto": 6, "flags": 0}]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    monkeypatch.setattr(outbound, "_real_calls", {"forbidden": False})
    outbound.forbid_real_calls()
    async with client_for() as client:
        for url in ("http://vendor.example/", "http://93.184.216.34/"):
            with pytest.raises(RealCallForbidden):
                await client.get(url)
    async with serving(echo) as port, client_for(port) as client:
        assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
