"""The whole product, two browsers: a support ticket's reply is edited and approved in one, and the other sees it by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import command_line
from tests.command_line import GALLERY, Product
from tests.servers import wait_until

LINK = re.compile(r"http://localhost:\d+/sign-in/\S+")


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with command_line.product(tmp_path / "data") as found:
        yield found


@pytest.fixture
def pages(browser: Browser, product: Product) -> Iterator[tuple[Page, Page]]:
    """Two browsers of the owner, who came in by the link that the server printed."""
    said = (product.data.parent / "said.log").read_text()
    first = browser.new_context(base_url=product.client.address)
    page = first.new_page()
    page.goto(LINK.findall(said)[0])
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_load_state()
    second = browser.new_context(base_url=product.client.address, storage_state=first.storage_state())
    yield page, second.new_page()
    first.close()
    second.close()


def test_a_reply_is_edited_here_and_seen_there(product: Product, pages: tuple[Page, Page]) -> None:
    here, there = pages
    there.goto("/inbox/?view=all")
    before = there.locator("[data-review]").count()
    done = product.baton("run", GALLERY / "support_ticket.yaml", "--json")
    run, review = done.result["run"], done.result["reviews"][0].rpartition("/")[2]
    expect(there.locator(f'[data-review="{review}"]')).to_be_visible()
    assert there.locator("[data-review]").count() > before
    there.goto(f"/inbox/{review}/")
    here.goto(f"/inbox/{review}/")
    expect(here.locator("review-item[data-scripted]")).to_be_visible()
    here.keyboard.press("c")
    expect(there.locator("[data-mine]")).to_be_visible()
    here.keyboard.press("e")
    here.keyboard.type("Good morning! ")
    here.keyboard.press("Control+Enter")
    expect(there.locator("[data-standing][data-status=over]")).to_contain_text("Approved with edits")
    here.keyboard.press("u")
    expect(there.locator("[data-standing][data-status=open]")).to_be_visible()
    expect(here.locator("[name=value]")).to_have_value(re.compile("^Good morning! "))
    with here.expect_response(f"**/inbox/{review}/decide/**"):
        here.keyboard.press("1")
    wait_until(lambda: product.client.get(f"runs/{run}")["status"] == "succeeded", seconds=60)
    assert product.client.get(f"runs/{run}")["output"]["reply"].startswith("Good morning! ")
    here.goto(f"/inbox/{review}/")
    expect(here.locator(".review-provenance ins")).to_contain_text("Good morning!")
