"""S9: cookies, CSRF, cross-origin requests and the origin of sockets, as the settings fix them for every page."""

import os
import subprocess
import sys

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from config.asgi import application
from config.environment import VARIABLES

PRINT = (
    "from config import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"
)


def read_under(url: str, data: object) -> list[str]:
    """The settings that a server with that public address has."""
    environment = {**os.environ, **{one.name: "" for one in VARIABLES}, "BATON_URL": url, "BATON_DATA": str(data)}
    done = subprocess.run([sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_session_is_out_of_reach_for_scripts_and_other_sites() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert (settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE) == ("Lax", "Lax")


@pytest.mark.parametrize(("url", "is_secure"), [("https://baton.example", "True"), ("http://localhost:8000", "False")])
def test_cookies_are_secure_where_the_public_address_is(url: str, is_secure: str, tmp_path: object) -> None:
    assert read_under(url, tmp_path) == [is_secure] * 3


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/login/", {"login": "a@example.org", "password": "x"}).status_code == 403


@pytest.mark.django_db
def test_no_other_origin_may_read_an_answer() -> None:
    response = Client().get("/healthz", headers={"Origin": "https://evil.example"})
    assert [name for name in response.headers if name.lower().startswith("access-control")] == []


def test_a_host_that_is_not_ours_is_refused() -> None:
    assert Client().get("/accounts/login/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("origin", [b"https://evil.example", b""])
async def test_a_socket_from_another_origin_is_refused(origin: bytes) -> None:
    headers = [(b"host", b"localhost"), *([(b"origin", origin)] if origin else [])]
    scope = {"type": "websocket", "path": "/ws/anything", "headers": headers, "query_string": b"", "subprotocols": []}
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(timeout=5))["type"] == "websocket.close"
