"""The page of runs in a real browser: filters without reloading, keys, several runs at once, Live, phones, axe."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orchestrator.models import Run
from orchestrator.operations import runs as operations
from teams.models import Team, User
from teams.policy import Role
from tests import runs
from tests.browser.waiting import until
from tests.world import gated

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.js").read_text()
FOUND = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}))
  .violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`)"""


@pytest.fixture
def made(sign_in: Callable[[Role], User]) -> list[int]:
    """Three runs of the team, the newest first; nobody works on them."""
    sign_in(Role.owner)
    version = runs.a_version(gated(), team=Team.objects.get(name="Alice's team"))
    return [runs.start(version) for _ in range(3)][::-1]


def shown(page: Page) -> list[str]:
    return [str(row.get_attribute("data-run")) for row in page.locator("#runs [data-run]").all()]


def test_a_filter_renews_the_list_and_the_address(page: Page, made: list[int]) -> None:
    operations.pause(run=made[1], by="alice")
    page.goto("/runs/")
    page.get_by_text("Paused", exact=True).first.click()
    expect(page.locator("#runs [data-run]")).to_have_count(1)
    assert page.url.endswith("/runs/?status=paused")
    page.reload()
    assert shown(page) == [str(made[1])]
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#runs [data-run]")).to_have_count(3)


def test_runs_are_walked_marked_and_re_run_by_keys(page: Page, made: list[int]) -> None:
    page.goto("/runs/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#run-{made[1]} th a")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator(".bulk-bar")).to_contain_text("1 selected")
    page.keyboard.press("r")
    page.get_by_role("dialog").get_by_role("button", name="Re-run").click()
    expect(page.locator("#runs .banner")).to_contain_text("1 run started")
    expect(page.locator("#runs [data-run]")).to_have_count(4)


def test_cancelling_asks_first_and_tells_each(page: Page, made: list[int]) -> None:
    page.goto("/runs/")
    page.get_by_label("Select all runs of this page").check()
    page.get_by_role("button", name="Cancel runs").click()
    page.get_by_role("button", name="Back").click()
    assert Run.unscoped.filter(status="cancelled").count() == 0
    page.get_by_role("button", name="Cancel runs").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel runs").click()
    expect(page.locator("#runs .banner")).to_contain_text("3 runs cancelled")
    assert Run.unscoped.filter(status="cancelled").count() == 3


def test_the_list_stands_still_until_it_is_live(page: Page, made: list[int]) -> None:
    page.goto("/runs/")
    version = Run.unscoped.get(pk=made[0]).version
    runs.start(version)
    page.get_by_label(f"Select run {made[0]}").check()
    expect(page.locator("#runs [data-run]")).to_have_count(3)
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#runs [data-run]")).to_have_count(4)
    expect(page.get_by_label(f"Select run {made[0]}")).to_be_checked()
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 900, 360])
def test_the_page_has_no_flaw_in_either_theme(page: Page, made: list[int], theme: str, width: int) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # a literal
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/runs/", "/runs/?q=nothing", "/runs/?longer=soon"):
        page.goto(address)
        page.evaluate(AXE)
        assert (address, page.evaluate(FOUND)) == (address, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    page.goto("/runs/")
    page.get_by_label(f"Select run {made[0]}").check(force=True)
    until(page, "document.querySelector('.bulk-bar').checkVisibility()")
    page.evaluate(AXE)
    assert page.evaluate(FOUND) == []


def test_a_page_of_fifty_runs_is_light(page: Page, made: list[int]) -> None:
    version = Run.unscoped.get(pk=made[0]).version
    for _ in range(50):
        runs.start(version)
    answer = page.request.get("/runs/")
    assert len(answer.body()) < 150_000
