"""Times are shown in the time zone of the person who looks at them: a middleware for pages, and the list to choose from."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from teams.models import User

NO_PAGES = ("/api/", "/static/", "/healthz", "/readyz")
"""Below these nobody is looked up: the REST API tells times in UTC."""
_AREAS = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/")


@cache
def time_zones() -> tuple[str, ...]:
    """The names that can be chosen: places, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith((*_AREAS, "Pacific/"))))


def personal_time_zone(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: behind the one that finds out who is signed in."""
    return _later(get_response) if iscoroutinefunction(get_response) else _now(get_response)


personal_time_zone.sync_capable = True  # type: ignore[attr-defined]  # Django reads it
personal_time_zone.async_capable = True  # type: ignore[attr-defined]


def _now(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(NO_PAGES):
            return get_response(request)
        _activate(request)
        try:
            return get_response(request)
        finally:
            timezone.deactivate()

    return middleware


def _later(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(NO_PAGES):
            await sync_to_async(_activate, thread_sensitive=True)(request)
        return await get_response(request)

    return middleware


def _activate(request: HttpRequest) -> None:
    """A name that is no longer known counts as none."""
    chosen = request.user.time_zone if isinstance(request.user, User) else ""
    if chosen in time_zones():
        timezone.activate(ZoneInfo(chosen))
    else:
        timezone.deactivate()
