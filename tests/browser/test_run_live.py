"""A run watched while it goes on, on the real product: cards change, nothing is lost, everybody sees the same."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.products import kill_web, put, signed_in
from tests.command_line import GALLERY, Product, product
from tests.servers import wait_until

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.js").read_text()
FOUND = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}))
  .violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`)"""
SHOWN = """() => ({
  run: document.querySelector("#run-pill").innerText.trim(),
  figures: [...document.querySelectorAll("#run-head [data-slot]")].filter((one) => one.dataset.slot !== "elapsed")
    .map((one) => one.innerText),
  cards: Object.fromEntries([...document.querySelectorAll("[data-node]")].map((node) => [node.dataset.node, [
    node.dataset.status, node.getAttribute("aria-label"),
    ...[...node.querySelectorAll("[data-slot]")].map((slot) => slot.textContent.trim())]])),
  outline: [...document.querySelectorAll("[data-outline] .pill")].map((pill) => pill.textContent.trim()),
})"""
LONG = 40_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with product(tmp_path_factory.mktemp("live") / "data") as found:
        yield found


@pytest.fixture
def opened(browser: Browser, running: Product) -> Iterator[Page]:
    """A page of the owner; no script may fail in it."""
    with signed_in(browser, running) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        assert errors == []


@pytest.fixture
def held(running: Product) -> int:
    """The support ticket, which has looked up the customer and may call no model."""
    known = running.client.get("workflows")["items"]
    if not known:
        imported = running.baton("import", GALLERY / "support_ticket.yaml")
        assert imported.status == 0, imported.errors
        known = running.client.get("workflows")["items"]
    given = {"message": "My invoice is wrong and I can't log into my account."}
    run = running.client.post("runs", {"workflow": known[0]["slug"], "input": given, "budget": {"calls": 0}})["id"]
    wait_until(lambda: status_of(running, run, "classify") == "waiting", seconds=60)
    return int(run)


def status_of(running: Product, run: int, path: str) -> str:
    steps = running.client.get(f"runs/{run}")["steps"]
    return next((str(step["status"]) for step in steps if step["path"] == path), "")


def go_on(running: Product, run: int) -> None:
    """It may call models from now on."""
    put(running, "budgets", {"subject": f"run:{run}", "unit": "calls", "most": 40})


def approve(running: Product, run: int) -> None:
    found = [one for one in running.client.get("reviews", run=run, view="all")["items"] if one["kind"] == "output"]
    running.client.post(f"reviews/{found[0]['id']}/claim")
    running.client.post(f"reviews/{found[0]['id']}/decide", {"verdict": "approved"})


def card(page: Page, key: str) -> Any:
    return page.locator(f'[data-node="{key}"] [data-slot=word]')


def is_live(page: Page) -> None:
    expect(page.locator("live-run")).to_have_attribute("data-live", "yes", timeout=LONG)


def test_cards_change_live_in_every_browser_and_a_reload_in_the_middle_loses_nothing(
    opened: Page, browser: Browser, running: Product, held: int
) -> None:
    opened.goto(f"/runs/{held}/")
    is_live(opened)
    expect(card(opened, "classify")).to_have_text("Needs budget")
    with signed_in(browser, running) as other:
        second = other.new_page()
        second.goto(f"/runs/{held}/")
        is_live(second)
        go_on(running, held)
        opened.reload()
        for page in (opened, second):
            expect(card(page, "billing")).to_have_text("Succeeded", timeout=LONG)
            expect(card(page, "delivery")).to_have_text("Skipped", timeout=LONG)
            expect(card(page, "reply")).to_have_text("Needs review", timeout=LONG)
        approve(running, held)
        for page in (opened, second):
            expect(page.locator("#run-pill")).to_have_text("Succeeded", timeout=LONG)
            expect(card(page, "end")).to_have_count(0)
            expect(page.locator("#run-actions")).to_contain_text("Re-run")
        same(opened, second)


def same(page: Page, fresh: Page) -> None:
    """What was followed is what a page shows that is loaded now."""
    fresh.reload()
    is_live(fresh)
    with suppress(AssertionError):
        wait_until(lambda: page.evaluate(SHOWN) == fresh.evaluate(SHOWN), seconds=10)
    assert page.evaluate(SHOWN) == fresh.evaluate(SHOWN)


def test_the_web_process_is_killed_under_a_watcher_who_ends_where_a_fresh_page_does(
    opened: Page, browser: Browser, running: Product, held: int
) -> None:
    opened.goto(f"/runs/{held}/")
    is_live(opened)
    go_on(running, held)
    kill_web(running)
    expect(card(opened, "reply")).to_have_text("Needs review", timeout=LONG)
    is_live(opened)
    expect(opened.locator("[data-slot=lost]")).to_be_hidden()
    with signed_in(browser, running) as other:
        fresh = other.new_page()
        fresh.goto(f"/runs/{held}/")
        same(opened, fresh)


def test_a_lost_network_is_told_and_what_happened_meanwhile_is_shown(opened: Page, running: Product, held: int) -> None:
    opened.goto(f"/runs/{held}/")
    is_live(opened)
    opened.context.set_offline(True)
    opened.evaluate("document.querySelector('live-run').connection.reconnect()")
    expect(opened.locator("[data-slot=lost]")).to_contain_text("Live updates paused, reconnecting", timeout=LONG)
    expect(card(opened, "classify")).to_have_text("Needs budget")
    go_on(running, held)
    wait_until(lambda: status_of(running, held, "reply") == "waiting", seconds=60)
    opened.context.set_offline(False)
    expect(opened.locator("[data-slot=lost]")).to_be_hidden(timeout=LONG)
    expect(card(opened, "reply")).to_have_text("Needs review", timeout=LONG)


def test_the_timeline_and_the_log_follow(opened: Page, running: Product, held: int) -> None:
    opened.goto(f"/runs/{held}/?tab=log")
    is_live(opened)
    lines = opened.locator("#run-log li[data-seq]")
    before = lines.count()
    go_on(running, held)
    expect(opened.locator("#run-log")).to_contain_text("Asks people to look at its output", timeout=LONG)
    assert lines.count() > before
    texts = lines.all_inner_texts()
    opened.reload()
    assert opened.locator("#run-log li[data-seq]").all_inner_texts() == texts, "no line was lost or came twice"
    opened.get_by_role("link", name="Timeline").click()
    expect(opened.locator(".tl-row [data-step=billing]")).to_be_visible()
    expect(opened.locator(".tl-critical")).to_contain_text("Critical path")


def test_steps_are_opened_by_click_and_by_key_and_the_address_names_them(
    opened: Page, running: Product, held: int
) -> None:
    opened.goto(f"/runs/{held}/")
    is_live(opened)
    opened.locator('[data-node="customer"] .wc-open').focus()
    opened.keyboard.press("Enter")
    panel = opened.locator("#step-panel")
    expect(panel.get_by_role("heading", name="Customer record")).to_be_focused()
    assert opened.url.endswith("step=customer")
    panel.get_by_text("lookup_record").first.click()
    expect(panel).to_contain_text("Arguments")
    opened.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(opened.locator('[data-node="customer"] .wc-open')).to_be_focused()
    opened.keyboard.press("j")
    expect(panel.locator("[data-path]")).to_be_visible()
    opened.keyboard.press("2")
    expect(opened.locator("#timeline")).to_be_visible()


def test_a_run_is_cancelled_from_its_page_after_it_was_asked(opened: Page, running: Product, held: int) -> None:
    opened.goto(f"/runs/{held}/")
    opened.get_by_role("button", name="Cancel run").click()
    dialog = opened.get_by_role("dialog")
    expect(dialog).to_contain_text("This cannot be undone")
    dialog.get_by_role("button", name="Cancel run").click()
    expect(opened.locator("#run-pill")).to_have_text("Cancelled", timeout=LONG)
    expect(opened.get_by_role("button", name="Re-run")).to_be_visible()


def test_on_a_phone_the_list_of_steps_takes_the_place_of_the_canvas(
    browser: Browser, running: Product, held: int
) -> None:
    with signed_in(browser, running, viewport={"width": 360, "height": 780}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"/runs/{held}/")
        is_live(page)
        expect(page.locator("workflow-canvas")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        go_on(running, held)
        expect(page.locator('[data-outline="reply"] .pill')).to_have_text("Needs review", timeout=LONG)
        page.locator('[data-outline="billing"] a').first.tap()
        expect(page.locator("#step-panel").get_by_role("heading", name="Billing")).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_tab_has_a_violation_of_accessibility_or_of_the_policy(
    browser: Browser, running: Product, held: int, theme: Any
) -> None:
    go_on(running, held)
    wait_until(lambda: status_of(running, held, "reply") == "waiting", seconds=60)
    with signed_in(browser, running, color_scheme=theme) as context:
        context.add_init_script(
            "window.refused = []; addEventListener('securitypolicyviolation', (e) => refused.push(e.blockedURI + e.sample))"
        )
        page = context.new_page()
        for query in ("", "?tab=timeline", "?tab=log&step=billing", "?tab=result", "?step=classify"):
            page.goto(f"/runs/{held}/{query}")
            is_live(page)
            page.evaluate(AXE)
            assert page.evaluate(FOUND) == [], query
            assert page.evaluate("window.refused") == [], query
