"""The one way out: an httpx2 transport that connects to public addresses only, and the tools' client on it (security S5).

The check sits where a socket is made (`socket_factory`), so it sees the very address that will be connected to: literal
addresses, odd spellings, rebinding names and redirects all pass here, and nothing is resolved twice. Hosts that the
operator trusts (a local model server) go through a transport of their own; every redirect is routed anew.
"""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx2
from httpx2 import USE_CLIENT_DEFAULT
from httpx_aiohttp.httpx2 import AiohttpTransport

from orchestrator.engine.values import BatonError

PUBLIC_PORTS = frozenset({80, 443})
TRANSLATED = tuple(ipaddress.ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48"))  # RFC 6052, RFC 8215
NOT_PUBLIC = "is not a public web address"
REAL_CALL = "is a real address, and real calls are forbidden here"
MOST_REDIRECTS = 3
LARGEST_BODY = 10 << 20
LONGEST = 30.0
LARGEST_STREAM = 96 << 20
KEPT_ACROSS_HOSTS = frozenset({"accept", "accept-encoding", "accept-language", "connection", "user-agent"})

SocketAddress = tuple[Any, ...]
"""One resolved address as asyncio describes it: (family, type, protocol, name, socket address)."""


class AddressRefused(BatonError, httpx2.ConnectError):
    """Only public addresses on ports 80 and 443 may be called, and hosts that the server's settings name as trusted.
    Check the address, or ask the operator to add it to the trusted hosts."""

    code = "address_refused"


class RealCallForbidden(BatonError, httpx2.ConnectError):
    """A test tried to call a real address. Use the local model server, or a server on loopback."""

    code = "real_call_forbidden"


class TooManyRedirects(BatonError, httpx2.TransportError):
    """The address redirects more than three times. Use the address that it ends at."""

    code = "too_many_redirects"


class ResponseTooLarge(BatonError, httpx2.TransportError):
    """The answer is larger than this client takes. Ask for less of it, or for a page at a time."""

    code = "response_too_large"


class TookTooLong(BatonError, httpx2.TimeoutException):
    """The answer was not complete in time. Try again, or ask for less."""

    code = "took_too_long"


_real_calls = {"forbidden": False}


def forbid_real_calls() -> None:
    """From now on any attempt of this process to connect to an address that is not loopback is an error. For tests."""
    _real_calls["forbidden"] = True


def is_public(address: str) -> bool:
    """Whether `address` may be connected to. Transition forms of IPv6 are never needed for a public service."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (
        ip.ipv4_mapped or ip.sixtofour or ip.teredo or any(ip in network for network in TRANSLATED)
    ):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def public_socket(address: SocketAddress) -> socket.socket:
    """A socket for one resolved address, if that is public."""
    host, port = address[4][:2]
    if port not in PUBLIC_PORTS or not is_public(host):
        raise OSError(errno.EACCES, f"{host} port {port} {NOT_PUBLIC}")
    return any_socket(address)


def any_socket(address: SocketAddress) -> socket.socket:
    """A socket for one resolved address of a trusted host."""
    family, kind, protocol, _name, (host, *_rest) = address
    if _real_calls["forbidden"] and not ipaddress.ip_address(host.split("%")[0]).is_loopback:
        raise OSError(errno.EACCES, f"{host} {REAL_CALL}")
    return socket.socket(family, kind, protocol)


class OutboundTransport(httpx2.AsyncBaseTransport):
    """Routes each request, redirects included, to the guarded transport or to that of trusted hosts.

    `trusted` are (host, port) pairs from the operator's settings. Belongs to one event loop. Raises httpx2's errors:
    AddressRefused where the guard says no, TimeoutException where time ran out, another TransportError where a connection
    was lost.
    """

    def __init__(self, *, trusted: Collection[tuple[str, int]] = (), connections: int = 1000) -> None:
        self._trusted_hosts = frozenset((host.lower(), port) for host, port in trusted)
        self._guarded = _transport(connections, public_socket)
        self._trusted = _transport(connections, any_socket)

    def trusts(self, url: httpx2.URL) -> bool:
        """Whether the operator named this host and port."""
        return (url.host.lower(), url.port or (443 if url.scheme == "https" else 80)) in self._trusted_hosts

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        transport = self._trusted if self.trusts(request.url) else self._guarded
        with _in_words_of_httpx2():
            response = await transport.handle_async_request(request)
        response.stream = _Stream(response.stream)
        return response

    async def aclose(self) -> None:
        await self._guarded.aclose()
        await self._trusted.aclose()


class GuardedClient(httpx2.AsyncClient):
    """What tools call the web with: at most three redirects, each checked, without credentials for another host; 10 MiB,
    unpacked, and 30 s in total; no cookies are kept and no proxy of the environment is used. Responses are always read."""

    def __init__(self, transport: OutboundTransport, *, largest: int = LARGEST_BODY, longest: float = LONGEST) -> None:
        super().__init__(transport=transport, trust_env=False, follow_redirects=True, headers={"user-agent": "Baton"})
        self.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._outbound, self._largest, self._longest = transport, largest, longest

    async def send(
        self,
        request: httpx2.Request,
        *,
        stream: bool = False,  # noqa: ARG002  (a response is always read: the limits hold for all of it)
        auth: Any = USE_CLIENT_DEFAULT,
        follow_redirects: Any = USE_CLIENT_DEFAULT,
    ) -> httpx2.Response:
        most = 0 if follow_redirects is False else MOST_REDIRECTS
        try:
            async with asyncio.timeout(self._longest):
                return await self._follow(request, auth, most)
        except TimeoutError:
            raise TookTooLong(f"{request.url.host} gave no complete answer within {self._longest:g} s.") from None

    async def _follow(self, request: httpx2.Request, auth: Any, most: int) -> httpx2.Response:
        history: list[httpx2.Response] = []
        while True:
            response = await self._one(request, auth)
            response.history = list(history)
            if response.next_request is None or most == 0:
                return response
            if len(history) == most:
                raise TooManyRedirects(
                    f"{request.url.host} redirects more than {most} times. Use the address that it ends at."
                )
            history.append(response)
            request, auth = self._redirected(request, response.next_request), None

    async def _one(self, request: httpx2.Request, auth: Any) -> httpx2.Response:
        response = await super().send(request, stream=True, auth=auth, follow_redirects=False)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._largest:
                    raise ResponseTooLarge(
                        f"{request.url.host} sends more than {self._largest >> 20} MiB. Ask for less of it."
                    )
        finally:
            await response.aclose()
        return _read(response, bytes(body))

    def _redirected(self, old: httpx2.Request, new: httpx2.Request) -> httpx2.Request:
        if _origin(old.url) == _origin(new.url):
            return new
        if self._outbound.trusts(new.url) and not self._outbound.trusts(old.url):
            raise AddressRefused(f"{old.url.host} redirects to a host that only the server itself may call.")
        if new.method not in ("GET", "HEAD") and new.url.host != old.url.host:
            raise AddressRefused(
                f"{old.url.host} redirects what was sent to another host. Use the address that it ends at."
            )
        for name in list(new.headers):
            if name.lower() not in KEPT_ACROSS_HOSTS | {"host", "content-type", "content-length"}:
                del new.headers[name]
        return new


class _Stream(httpx2.AsyncByteStream):
    """The body, with a limit on what comes over the wire and with httpx2's own errors."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        with _in_words_of_httpx2():
            async for piece in self._stream:
                size += len(piece)
                if size > LARGEST_STREAM:
                    raise ResponseTooLarge
                yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def _transport(connections: int, make_socket: Callable[[SocketAddress], socket.socket]) -> AiohttpTransport:
    sessions: list[aiohttp.ClientSession] = []

    def session() -> aiohttp.ClientSession:  # made on first use, inside the event loop; then kept
        if not sessions:
            connector = aiohttp.TCPConnector(limit=connections, socket_factory=make_socket, ttl_dns_cache=30)
            jar = aiohttp.DummyCookieJar()
            sessions.append(aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=jar))
        return sessions[0]

    return AiohttpTransport(client=session, trust_env=False)


@contextmanager
def _in_words_of_httpx2() -> Iterator[None]:
    """A lost connection is no timeout (the adapter says so), the guard's refusal is no lost connection."""
    try:
        yield
    except httpx2.TransportError as error:
        _name_refusals(error)
        if isinstance(error, httpx2.ConnectTimeout) and not isinstance(error.__cause__, TimeoutError):
            never_met = isinstance(error.__cause__, aiohttp.ClientConnectorError)
            kind = httpx2.ConnectError if never_met else httpx2.ReadError
            raise kind(str(error) or "The connection was lost.") from error
        raise
    except aiohttp.ClientError as error:
        raise httpx2.RemoteProtocolError(f"The other side does not speak HTTP: {error}") from error


def _name_refusals(error: httpx2.TransportError) -> None:
    if NOT_PUBLIC in str(error):
        raise AddressRefused(f"{error}. {AddressRefused.__doc__}") from error
    if REAL_CALL in str(error):
        raise RealCallForbidden(f"{error}. {RealCallForbidden.__doc__}") from error


def _read(response: httpx2.Response, body: bytes) -> httpx2.Response:
    """The same response, its body unpacked and at hand."""
    packed = ("content-encoding", "content-length", "transfer-encoding")
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in packed]
    read = httpx2.Response(response.status_code, headers=headers, content=body, request=response.request)
    read.next_request = response.next_request
    return read


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
