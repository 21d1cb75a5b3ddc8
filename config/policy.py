"""The Content-Security-Policy of every answer: nothing but this server's own files, no inline script, style or handler."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def content_security_policy(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware that puts the policy on every answer, whatever the view says."""
    return _later(get_response) if iscoroutinefunction(get_response) else _now(get_response)


content_security_policy.sync_capable = True  # type: ignore[attr-defined]  # Django reads it
content_security_policy.async_capable = True  # type: ignore[attr-defined]


def _now(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        return _protected(get_response(request))

    return middleware


def _later(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    async def middleware(request: HttpRequest) -> HttpResponseBase:
        return _protected(await get_response(request))

    return middleware


def _protected(response: HttpResponseBase) -> HttpResponseBase:
    response["Content-Security-Policy"] = POLICY
    return response
