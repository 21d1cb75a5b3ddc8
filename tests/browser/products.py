"""The whole product in processes of its own, for pages that live on sockets, and browsers that are signed in as its owner."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext

from tests.command_line import ROOT, Product
from tests.servers import wait_until

SIGN_IN = """
import django
django.setup()
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from teams.models import User
request = HttpRequest()
request.session = SessionStore()
login(request, User.objects.order_by("pk").first(), "django.contrib.auth.backends.ModelBackend")
request.session.save()
print(request.session.session_key)
"""


def session_of(product: Product) -> str:
    """The value of the cookie of a session of the owner."""
    own = {**product.own, "DJANGO_SETTINGS_MODULE": "config.settings", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", SIGN_IN], env=own, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@contextmanager
def signed_in(browser: Browser, product: Product, **more: Any) -> Iterator[BrowserContext]:
    """A browser of the owner, with nothing in common with another one."""
    made = browser.new_context(
        base_url=product.client.address, viewport=more.pop("viewport", {"width": 1440, "height": 900}), **more
    )
    value = session_of(product)
    made.add_cookies([{"name": "baton_session", "value": value, "domain": "localhost", "path": "/"}])
    yield made
    made.close()


def put(product: Product, path: str, body: Any) -> None:
    """PUT to the API."""
    headers = {"Authorization": f"Bearer {product.client.token}", "Content-Type": "application/json"}
    address = f"{product.client.address}/api/v1/{path}"
    request = urllib.request.Request(address, data=json.dumps(body).encode(), headers=headers, method="PUT")
    urllib.request.urlopen(request).close()


def web_process(product: Product) -> psutil.Process:
    """The web server, as the supervisor of this product has started it."""
    supervisor = psutil.Process()
    for child in supervisor.children(recursive=True):
        if "config.web" in child.cmdline() and child.environ().get("BATON_DATA") == str(product.data):
            return child
    raise AssertionError("there is no web process")


def kill_web(product: Product) -> None:
    """Killed; the supervisor starts another one, which is awaited."""
    before = web_process(product)
    before.kill()
    before.wait(10)

    def is_back() -> bool:
        try:
            return bool(product.client.get("runs"))
        except Exception:  # noqa: BLE001  # whatever a server says that is not there yet
            return False

    wait_until(is_back, seconds=60)
