"""Workflows in a real browser: a template is used and started with a sample, deleting is undone; axe; 360 px."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from builder.operations import use_template
from orchestrator.models import Workflow
from teams.models import Team
from tests.personas import NOW, caller

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.js").read_text()
FOUND = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}))
  .violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`)"""
PLACES = ("", "templates/", "import/", "{id}/", "{id}/?step=reply", "{id}/?tab=versions", "{id}/?tab=runs")
FORMS = ("{id}/?tab=settings", "{id}/start/?sample=0", "?archived=1", "?q=nothing")


@pytest.fixture
def ticket(signed_in_page: Page) -> Workflow:
    """The support ticket, as a workflow of the team."""
    team = Team.objects.get(name="Alice's team")
    made = use_template(by=caller(team, "alice"), name="support_ticket", tables="", key="", now=NOW)
    return Workflow.objects.of(team).get(pk=made.workflow)


def test_a_template_is_used_and_started_with_a_sample(signed_in_page: Page) -> None:
    page = signed_in_page
    page.goto("/workflows/")
    expect(page.get_by_role("heading", name="No workflows yet")).to_be_visible()
    page.locator("article", has_text="Support ticket").get_by_role("button", name="Use this").click()
    expect(page.get_by_role("heading", name="Start Support ticket")).to_be_visible()
    page.get_by_role("link", name="Two problems, customer for three years").click()
    expect(page.get_by_label("Message")).to_have_value("My invoice is wrong and I can't log into my account.")
    page.locator("#start").get_by_role("button", name="Start").click()
    page.wait_for_url("**/runs/*/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Support ticket")


def test_an_error_stands_at_its_field_and_the_keys_send_the_form(signed_in_page: Page, ticket: Workflow) -> None:
    page = signed_in_page
    page.goto(f"/workflows/{ticket.pk}/start/")
    page.get_by_label("Customer number").fill("C-1002")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#start .error-summary")).to_be_focused()
    expect(page.get_by_label("Customer number")).to_have_value("C-1002")
    page.get_by_label("Message").fill("Where is my parcel?")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/runs/*/")


def test_a_step_of_the_graph_shows_its_settings(signed_in_page: Page, ticket: Workflow) -> None:
    page = signed_in_page
    page.goto(f"/workflows/{ticket.pk}/")
    page.get_by_role("button", name="Open Reply").click()
    expect(page.locator("#step")).to_contain_text("Write one reply to the customer's message")
    page.locator("#step").get_by_role("link", name="Close").click()
    expect(page.locator("#step")).to_have_count(0)


def test_a_deleted_workflow_comes_back_by_undo(signed_in_page: Page, ticket: Workflow) -> None:
    page = signed_in_page
    page.goto(f"/workflows/{ticket.pk}/")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Delete").click()
    page.locator("#delete-workflow").get_by_role("button", name="Delete").click()
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("Support ticket is deleted")
    assert "undo" not in page.url
    toast.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**/workflows/{ticket.pk}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Support ticket")


def test_the_list_is_searched_while_one_types(signed_in_page: Page, ticket: Workflow) -> None:
    page = signed_in_page
    page.goto("/workflows/")
    page.keyboard.press("/")
    page.keyboard.type("nothing")
    expect(page.locator("#workflows")).to_contain_text("No workflow matches")
    page.locator("[data-search]").fill("ticket")
    expect(page.locator("#workflows")).to_contain_text(ticket.name)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_no_page_has_a_flaw(signed_in_page: Page, ticket: Workflow, theme: str, width: int) -> None:
    page = signed_in_page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # a literal
    page.set_viewport_size({"width": width, "height": 800})
    for place in (*PLACES, *FORMS):
        address = "/workflows/" + place.format(id=ticket.pk)
        page.goto(address)
        page.evaluate(AXE)
        assert (address, page.evaluate(FOUND)) == (address, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
