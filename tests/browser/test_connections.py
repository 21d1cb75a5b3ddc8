"""From a key to a run that uses it, in a real browser on the real product; keys, phones and axe on the pages of settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.products import put, signed_in
from tests.command_line import Product, product
from tests.servers import wait_until

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.js").read_text()
FOUND = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}))
  .violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`)"""
KEY = "canary-Ry55-nobody-may-read-this"
ASKS = {
    "nodes": {"ask": {"type": "prompt", "config": {"prompt": "Say hello."}}},
    "edges": [],
    "output": {"said": "{{ ask }}"},
}
LONG = 20_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with product(tmp_path_factory.mktemp("connections") / "data") as found:
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


def add_local(page: Page, running: Product, name: str) -> None:
    """By the pages, from the list to the result of the test."""
    page.goto("/settings/connections/")
    page.get_by_role("link", name="Add connection").click()
    page.get_by_role("link", name="OpenAI-compatible server").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Base URL").fill(f"{running.models.url}/v1")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Add and test").click()
    expect(page.get_by_text("The connection works.")).to_be_visible(timeout=LONG)


def run_of(running: Product, name: str) -> int:
    """A run of a workflow that names no model, once it has ended."""
    slug = running.client.post("workflows", {"name": name, "document": ASKS})["slug"]
    run = int(running.client.post("runs", {"workflow": slug, "input": {}})["id"])
    wait_until(lambda: running.client.get(f"runs/{run}")["status"] == "succeeded", seconds=60)
    return run


def test_a_key_is_pasted_tested_mapped_and_used_by_a_run(opened: Page, running: Product) -> None:
    page = opened
    page.goto("/settings/connections/")
    expect(page.get_by_text("The demo model answers")).to_be_visible()
    add_local(page, running, "Local models")
    assert KEY not in page.content()
    page.get_by_label("Default", exact=False).first.fill("fake")
    page.get_by_role("button", name="Save models and aliases").click()
    expect(page.get_by_text("Models and aliases saved.")).to_be_visible()
    run_of(running, "Says hello")
    asked = [call["model"] for call in running.models.control("calls")["calls"] if call.get("model")]
    assert asked == ["fake"]
    page.goto("/settings/limits/?by=model")
    expect(page.get_by_role("row").filter(has_text="fake")).to_contain_text("openai_chat")
    page.goto("/settings/connections/")
    expect(page.get_by_role("article")).to_contain_text("Says hello")
    page.get_by_role("link", name="Local models").first.click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Says hello")
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    page.get_by_role("button", name="Test", exact=True).press("Enter")
    expect(page.get_by_text("The connection works.")).to_be_visible(timeout=LONG)


def test_a_budget_is_set_changed_and_removed_by_its_buttons(opened: Page) -> None:
    page = opened
    page.goto("/settings/limits/")
    page.get_by_label("Of what").select_option("tokens")
    page.get_by_label("At most").fill("5000")
    page.get_by_role("button", name="Set budget").click()
    expect(page.get_by_text("tokens of 5.0k tokens used")).to_be_visible()
    page.get_by_role("link", name="Raise or change the budget of The team").click()
    expect(page.get_by_label("At most")).to_have_value("5000")
    page.get_by_label("At most").fill("9000")
    page.get_by_role("button", name="Set budget").click()
    expect(page.get_by_text("of 9.0k tokens used")).to_be_visible()
    page.get_by_role("button", name="Remove the budget of The team").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the budget").click()
    expect(page.get_by_text("There is no budget")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_found_by_axe_and_nothing_sticks_out(opened: Page, running: Product, theme: str, width: int) -> None:
    page = opened
    page.context.add_cookies([{"name": "baton_theme", "value": theme, "url": running.client.address}])
    page.set_viewport_size({"width": width, "height": 800})
    put(running, "budgets", {"subject": "team", "unit": "calls", "most": 100})
    if not running.client.get("connections")["items"]:
        add_local(page, running, "Local models")
    made = running.client.get("connections")["items"][0]["id"]
    settings = "/settings/connections/"
    for place in (
        settings,
        f"{settings}add/",
        f"{settings}add/web/",
        f"{settings}{made}/",
        "/settings/limits/?by=model",
    ):
        page.goto(place)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
        page.evaluate(AXE)
        assert page.evaluate(FOUND) == [], place
