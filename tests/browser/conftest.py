"""What browser tests share: a Chromium, a page that notes what went wrong, the product's pages on a port, signed-in people.

All of these live as long as this folder's tests: Playwright keeps an event loop running in this thread, which tests with loops of
their own do not bear. The pages are served in a thread, without sockets: what needs those starts the product itself
(tests/command_line.py).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client, override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from teams.models import User
from teams.policy import Role
from tests.conftest import BROWSERS
from tests.personas import personas

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
HOST = "127.0.0.1"
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (e) => refused.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sample}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. (Playwright's own is not installed.)"""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("there is no Chromium here")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright's loop runs in this thread; nothing here is asynchronous
    )
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
            yield running
            running.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """The address of the product's pages, and of the pages of tests/browser/pages.py, on the test database."""
    folders = [*settings.TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]
    templates = [{**settings.TEMPLATES[0], "DIRS": folders}]
    own = {"ROOT_URLCONF": "tests.browser.pages", "TEMPLATES": templates, "ALLOWED_HOSTS": ["localhost"]}
    with override_settings(**own):
        thread = LiveServerThread(HOST, StaticFilesHandler)
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        assert not thread.error, thread.error
        yield f"http://localhost:{thread.port}"
        thread.terminate()
        thread.join()


@pytest.fixture
def context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A browser of somebody who is not signed in."""
    made = browser.new_context(base_url=server, viewport={"width": 1440, "height": 900})
    made.add_init_script(WATCH)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page; at the end nothing may have been refused by the policy and no script may have failed."""
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []
    assert opened.evaluate("window.refused ?? []") == []


@pytest.fixture
def sign_in(context: BrowserContext, transactional_db: None) -> Callable[[Role], User]:
    """`sign_in(Role.editor)`: from now on this browser is that person's: Alice's, who owns the team, or Bob's."""

    def sign_in_as(role: Role) -> User:
        people = personas(bobs_role=Role.viewer if role is Role.owner else role)
        caller = people.alice if role is Role.owner else people.bob
        user = User.objects.get(pk=caller.user_id or 0)
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}]
        )
        return user

    return sign_in_as


@pytest.fixture
def signed_in_page(page: Page, sign_in: Callable[[Role], User]) -> Page:
    """A page of the team's owner."""
    sign_in(Role.owner)
    return page
