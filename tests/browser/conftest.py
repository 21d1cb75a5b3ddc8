"""What browser tests share: a Chromium, a page that notes what went wrong, the product's pages on a port, signed-in people.

All of these live as long as this folder's tests: Playwright keeps an event loop running in this thread, which tests with loops of
their own do not bear. The pages are served in a thread, without sockets: what needs those starts the product itself
(tests/command_line.py).
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from teams.models import User
from teams.policy import Role
from tests.browser.serving import chromium, chromium_path, served
from tests.personas import personas

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
    """Debian's Chromium."""
    if chromium_path() is None:
        pytest.skip("there is no Chromium here")
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """The address of the product's pages, and of the pages of tests/browser/pages.py, on the test database."""
    with served() as address:
        yield address


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
