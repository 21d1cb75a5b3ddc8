"""The story that Baton is for, in a browser on the real product: a person starts a support ticket, watches it, edits the
reply that waits in the inbox, and finds again who changed what. With the mouse, by touch on a phone, by keyboard alone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import WATCH
from tests.browser.products import kill_web, signed_in
from tests.command_line import Product, product

pytestmark = pytest.mark.store
SAMPLE = "Two problems, customer for three years"
ADDED = "PS: Ask for Maren if anything is left open."
LONG = 60_000
MOST_TABS = 120
HAS_FOCUS = "(element) => element === document.activeElement || element.contains(document.activeElement)"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, is_postgres: bool) -> Iterator[Product]:
    """The product with a demo model that writes at the pace of one that thinks, so that there is something to watch."""
    with product(tmp_path_factory.mktemp("story") / "data", POSTGRES="1" if is_postgres else "0") as found:
        settings = {"words_per_second": 40}
        made = found.client.post("connections", {"name": "Slow demo", "provider": "demo", "settings": settings})
        found.client.post(f"connections/{made['id']}/default")
        yield found


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A loaded machine takes its time, and ten seconds pass in which a decision can be undone."""
    expect.set_options(timeout=LONG)
    yield
    expect.set_options(timeout=5000)


@contextmanager
def opened(context: BrowserContext) -> Iterator[Page]:
    """A page in which no script fails and nothing is refused by the policy."""
    context.set_default_timeout(LONG)
    context.add_init_script(WATCH)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
    assert page.evaluate("window.refused") == []


@contextmanager
def newcomer(browser: Browser, running: Product) -> Iterator[Page]:
    """The browser of somebody who has never been here."""
    context = browser.new_context(base_url=running.client.address, viewport={"width": 1440, "height": 900})
    with opened(context) as page:
        yield page
    context.close()


@contextmanager
def member(browser: Browser, running: Product, **more: Any) -> Iterator[Page]:
    """The browser of somebody who is signed in."""
    with signed_in(browser, running, **more) as context, opened(context) as page:
        yield page


def card(page: Page, key: str) -> Locator:
    return page.locator(f'[data-node="{key}"] [data-slot=word]')


def line(page: Page, key: str) -> Locator:
    """The same in the list, which takes the place of the graph on a phone."""
    return page.locator(f'[data-outline="{key}"] .pill')


def watch(page: Page) -> int:
    """The number of the run that this page has begun to follow."""
    expect(page).to_have_url(re.compile(r"/runs/\d+/"))
    expect(page.locator("live-run")).to_have_attribute("data-live", "yes")
    page.evaluate("window.isTheSamePage = true")
    found = re.search(r"/runs/(\d+)/", page.url)
    assert found
    return int(found[1])


def is_same_page(page: Page) -> bool:
    """What is seen has come by itself: nothing was loaded again."""
    return bool(page.evaluate("window.isTheSamePage === true"))


def row_of(page: Page, run: int) -> Locator:
    return page.locator("#inbox tr", has_text=f"#{run}").get_by_role("link")


def edit(page: Page) -> Locator:
    """The field of the reply, once the review is there and E was pressed."""
    expect(page).to_have_url(re.compile(r"/inbox/\d+/"))
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    press(page, "e")
    field = page.locator("[data-pane=edit] textarea")
    expect(field).to_be_focused()
    press(page, "Control+End")
    return field


def is_finished(page: Page, run: int) -> None:
    """The run's page says that it has ended, with the edited reply, and who edited what."""
    expect(page.locator("#run-pill")).to_have_text("Succeeded")
    page.goto(f"/runs/{run}/?tab=result&step=reply")
    expect(page.locator("#run-body")).to_contain_text(ADDED)
    panel = page.locator("#step-panel")
    expect(panel).to_contain_text(ADDED)
    expect(panel).to_contain_text(re.compile(r"edited\s+by\s+\S+", re.IGNORECASE))
    expect(panel.locator("ins")).to_contain_text(ADDED.split()[0])


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus, as somebody does who has no mouse."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate(HAS_FOCUS):
            return
    raise AssertionError(f"{wanted} cannot be reached by Tab")


def press(page: Page, *keys: str) -> None:
    """Keys of a page that is there: its modules have run when it has loaded."""
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def test_from_the_sign_in_link_to_the_edited_reply(browser: Browser, running: Product) -> None:
    with newcomer(browser, running) as page, member(browser, running) as second:
        page.goto(running.sign_in)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("article", name="Support ticket").get_by_role("button", name="Use this").click()
        page.get_by_role("link", name=SAMPLE).click()
        expect(page.get_by_label("Message")).to_have_value(re.compile("invoice is wrong"))
        page.get_by_role("button", name="Start").click()
        run = watch(page)
        second.goto(f"/runs/{run}/")
        watch(second)
        for one in (page, second):
            expect(card(one, "classify")).to_have_text("Succeeded")
            expect(card(one, "delivery")).to_have_text("Skipped")
        assert is_same_page(page)
        page.reload()
        watch(page)
        for one in (page, second):
            expect(card(one, "billing")).to_have_text("Succeeded")
            expect(card(one, "reply")).to_have_text("Needs review")
            assert is_same_page(one)
        press(page, "g", "i")
        row_of(page, run).click()
        editor = edit(page)
        page.keyboard.type(f"\n\n{ADDED}")
        page.reload()
        expect(editor).to_have_value(re.compile(re.escape(ADDED)))
        page.get_by_role("button", name="Approve with edits").click()
        expect(page.locator("#toasts").get_by_role("button", name="Undo")).to_be_visible()
        expect(second.locator("#run-pill")).to_have_text("Succeeded")
        assert is_same_page(second)
        page.goto(f"/runs/{run}/")
        for one in (page, second):
            is_finished(one, run)


def test_the_same_by_touch_on_a_phone(browser: Browser, running: Product, ticket: None) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    with member(browser, running, **phone) as page:
        page.goto("/")
        page.get_by_role("link", name="Support ticket").first.tap()
        page.get_by_role("link", name="Start").first.tap()
        page.get_by_role("link", name=SAMPLE).tap()
        expect(page.get_by_label("Message")).to_have_value(re.compile("invoice is wrong"))
        page.get_by_role("button", name="Start").tap()
        run = watch(page)
        expect(line(page, "classify")).to_have_text("Succeeded")
        page.reload()
        watch(page)
        expect(line(page, "reply")).to_have_text("Needs review")
        assert is_same_page(page)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Inbox").tap()
        row_of(page, run).tap()
        page.get_by_role("button", name="Edit").tap()
        page.locator("[data-pane=edit] textarea").tap()
        press(page, "Control+End")
        page.keyboard.insert_text(f"\n\n{ADDED}")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.get_by_role("button", name="Approve with edits").tap()
        expect(page.locator("#toasts")).to_contain_text("Approved with edits")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs").tap()
        page.locator(f"#run-{run}").get_by_role("link").first.tap()
        watch(page)
        is_finished(page, run)
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_same_by_keyboard_alone(browser: Browser, running: Product, ticket: None) -> None:
    with member(browser, running) as page:
        page.goto("/")
        press(page, "g", "w")
        tab_to(page, page.get_by_role("link", name="Support ticket").first)
        press(page, "Enter")
        tab_to(page, page.get_by_role("link", name="Start").first)
        press(page, "Enter")
        tab_to(page, page.get_by_role("link", name=SAMPLE))
        press(page, "Enter")
        message = page.get_by_label("Message")
        expect(message).to_have_value(re.compile("invoice is wrong"))
        tab_to(page, message)
        press(page, "Control+Enter")
        run = watch(page)
        expect(card(page, "reply")).to_have_text("Needs review")
        assert is_same_page(page)
        press(page, "g", "i")
        expect(row_of(page, run)).to_be_visible()
        press(page, "j")
        expect(row_of(page, run)).to_be_focused()
        press(page, "Enter")
        edit(page)
        page.keyboard.type(f"\n\n{ADDED}")
        press(page, "Control+Enter")
        expect(page.locator("#toasts")).to_contain_text("Approved with edits")
        press(page, "g", "r")
        expect(page.locator(f"#run-{run}")).to_be_visible()
        press(page, "j")
        expect(page.locator(f"#run-{run} th a")).to_be_focused()
        press(page, "Enter")
        watch(page)
        is_finished(page, run)


def test_a_restart_of_the_server_in_the_middle_loses_nothing(browser: Browser, running: Product, ticket: None) -> None:
    """The web process is killed while the run goes on and again while the reply is being edited."""
    with member(browser, running) as page:
        page.goto("/workflows/")
        page.get_by_role("link", name="Support ticket").first.click()
        page.get_by_role("link", name="Start").first.click()
        page.get_by_role("link", name=SAMPLE).click()
        page.get_by_role("button", name="Start").click()
        run = watch(page)
        kill_web(running)
        expect(card(page, "reply")).to_have_text("Needs review")
        assert is_same_page(page)
        press(page, "g", "i")
        row_of(page, run).click()
        edit(page)
        page.keyboard.type(f"\n\n{ADDED}")
        kill_web(running)
        page.get_by_role("button", name="Approve with edits").click()
        expect(page.locator("#toasts")).to_contain_text("Approved with edits")
        page.goto(f"/runs/{run}/")
        is_finished(page, run)


@pytest.fixture
def ticket(running: Product) -> None:
    """The workflow is there, whichever test comes first."""
    if not running.client.get("workflows")["items"]:
        imported = running.baton("import", "builder/gallery/support_ticket.yaml")
        assert imported.status == 0, imported.errors
