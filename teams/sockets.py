"""Who opens a socket: by the same two ways as a request, a session's cookie or an API token in the header.

A socket has no CSRF token; that its page is ours is seen by its Origin (config/origins.py).
"""

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from teams.authentication import caller_of
from teams.callers import Caller


def caller_of_socket(headers: Mapping[str, str], *, now: datetime) -> Caller:
    """Who opens a socket with these headers (names in lower case). Raises what caller_of raises."""
    request = HttpRequest()
    request.method = "GET"
    request.COOKIES = parse_cookie(headers.get("cookie", ""))
    if "authorization" in headers:
        request.META["HTTP_AUTHORIZATION"] = headers["authorization"]
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(
        request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    )
    request.user = get_user(request)
    return caller_of(request, now=now)
