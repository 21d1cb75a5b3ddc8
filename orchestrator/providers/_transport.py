"""The SDKs' HTTP client on the transport that a provider is given: no redirects, no cookies, no environment, no ownership."""

from http.cookiejar import DefaultCookiePolicy

import httpx2

TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
"""Against silence. The deadline of a call is the caller's: it cancels."""


class Borrowed(httpx2.AsyncBaseTransport):
    """The shared transport, which a client that closes must not close."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        return


def http_client(transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncClient:
    """A client for one SDK. Redirects stay unfollowed: they would carry the key to another host."""
    headers = {"accept-encoding": "identity"}
    client = httpx2.AsyncClient(
        transport=Borrowed(transport), trust_env=False, follow_redirects=False, timeout=TIMEOUT, headers=headers
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client
