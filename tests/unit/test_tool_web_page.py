"""web_page gives the readable text of a page."""

from collections.abc import Iterator

import pytest

from orchestrator.contract.errors import ToolRefused
from orchestrator.tools.web_page import TOOL
from tests.fakes.files import pdf
from tests.fakes.tool_context import FakeToolContext, Outside, use
from tests.fakes.web import LocalServer

STORY = (
    "After three weeks of work the line to the north is open again, and tickets stay valid until the end of May. " * 4
)
PAGE = f"""<html><head><title>Trains</title></head><body><nav><a href="/shop">Shop</a><a href="mailto:x@y.z">Mail</a></nav>
<article><h1>Trains run again</h1><p>{STORY}</p></article><div class="sidebar advert">Buy a car!</div></body></html>""".encode()


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def context(server: LocalServer) -> FakeToolContext:
    return FakeToolContext(outside=Outside(trusted={("127.0.0.1", server.port)}))


def test_it_gives_title_and_text_without_the_rest_of_the_page(server, context):
    found = use(TOOL, {"url": server.page("/news", PAGE)}, context)
    assert found["title"] == "Trains"
    assert STORY.strip() in found["text"]
    assert "Buy a car" not in found["text"]
    assert "links" not in found


def test_a_short_page_is_given_whole(server, context):
    url = server.page("/short", b"<html><body><p>Closed today.</p><p>Come back on Monday.</p></body></html>")
    assert use(TOOL, {"url": url}, context)["text"] == "Closed today.\n\nCome back on Monday."


def test_links_are_whole_addresses_after_a_redirect(server, context):
    server.answers["/old"] = (302, {"Location": "/deep/news"}, b"")
    server.page("/deep/news", PAGE)
    found = use(TOOL, {"url": server.url("/old"), "links": True}, context)
    assert found["url"] == server.url("/deep/news")
    assert found["links"] == [{"text": "Shop", "url": server.url("/shop")}]


def test_an_address_that_holds_a_pdf_is_read_as_one(server, context):
    url = server.page("/report", pdf(["Yearly report"]), "application/pdf")
    assert use(TOOL, {"url": url}, context)["text"] == "Yearly report"


def test_a_long_text_is_cut_and_says_so(server, context):
    found = use(TOOL, {"url": server.page("/news", PAGE), "max_characters": 30}, context)
    assert (len(found["text"]), found["truncated"]) == (30, True)


def test_a_page_that_is_not_there_is_a_refusal(server, context):
    with pytest.raises(ToolRefused, match="answered 404"):
        use(TOOL, {"url": server.url("/gone")}, context)


def test_a_picture_is_refused(server, context):
    with pytest.raises(ToolRefused, match="picture"):
        use(TOOL, {"url": server.page("/a.html", b"\x89PNG\r\n\x1a\n")}, context)
