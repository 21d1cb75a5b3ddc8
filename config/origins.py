"""Which pages may open a socket: those of this server. Browsers send a cookie along whichever page asks; Origin tells.

A client without an Origin is no browser; it must bring an API token, which no page can send along with a socket.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

REFUSED = 4403


class OurOrigins:
    """Middleware of sockets; what comes from elsewhere is refused before it is accepted."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if is_ours(scope["headers"]):
            await self._application(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": REFUSED})


def is_ours(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a socket with these headers is opened by one of our pages, or by a program with a token."""
    hosts, origins = (
        [value.decode("latin-1") for name, value in headers if name == which] for which in (b"host", b"origin")
    )
    if len(hosts) != 1 or not validate_host(split_domain_port(hosts[0])[0], settings.ALLOWED_HOSTS):
        return False
    if not origins:
        return any(name == b"authorization" for name, _ in headers)
    return len(origins) == 1 and _is_page_of(hosts[0], origins[0])


def _is_page_of(host: str, origin: str) -> bool:
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    scheme, found, *_ = urlsplit(origin)
    schemes = ("https",) if settings.SESSION_COOKIE_SECURE else ("http", "https")
    return scheme in schemes and found.lower() == host.lower()
