"""read_document reads files of the run and documents on the web."""

import pytest

from orchestrator.contract.errors import ToolRefused
from orchestrator.contract.policies import checked_arguments
from orchestrator.tools.read_document import TOOL
from tests.fakes.files import pdf, word, workbook
from tests.fakes.tool_context import FakeToolContext, Outside, use
from tests.fakes.web import LocalServer

ROWS = [["Item", "Price"], ["Bolt", "1.20"]]


def with_file(content: bytes, name: str = "file") -> FakeToolContext:
    return FakeToolContext(outside=Outside(files={"file:1": (name, content)}))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf(["Price list"], table=ROWS), "pdf"),
        (word(["Price list"], table=ROWS), "docx"),
        (workbook({"Price list": ROWS}), "xlsx"),
        (b"Item,Price\nBolt,1.20\n", "csv"),
        (
            b"<html><body><h1>Price list</h1><table><tr><td>Item<td>Price<tr><td>Bolt<td>1.20</table></body></html>",
            "html",
        ),
    ],
)
def test_each_kind_gives_its_text_and_its_table(content, kind):
    found = use(TOOL, {"source": "file:1"}, with_file(content))
    assert (found["kind"], found["tables"][0]["rows"]) == (kind, ROWS)
    assert "Bolt" in found["text"]


def test_plain_text_has_no_tables():
    found = use(TOOL, {"source": "file:1"}, with_file(b"Just a note.", "note.txt"))
    assert (found["name"], found["text"], found["tables"], found["next"]) == ("note.txt", "Just a note.", [], None)


def test_a_long_document_is_read_in_pieces():
    context = with_file(b"abcdefghij")
    first = use(TOOL, {"source": "file:1", "max_characters": 4, "tables": False}, context)
    assert (first["text"], first["next"], "tables" in first) == ("abcd", 4, False)
    last = use(TOOL, {"source": "file:1", "start": 8, "max_characters": 4}, context)
    assert (last["text"], last["next"]) == ("ij", None)


def test_a_document_on_the_web_is_fetched():
    with LocalServer() as server:
        context = FakeToolContext(outside=Outside(trusted={("127.0.0.1", server.port)}))
        found = use(TOOL, {"source": server.page("/files/may.pdf", pdf(["Report of May"]))}, context)
    assert (found["name"], found["kind"], found["text"]) == ("may.pdf", "pdf", "Report of May")


def test_only_an_address_leaves():
    assert TOOL.effects(checked_arguments(TOOL, {"source": "https://example.org/a.pdf"})).leaves
    assert not TOOL.effects(checked_arguments(TOOL, {"source": "file:1"})).leaves


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"source": "file:9"}, "no file 'file:9'"),
        ({"source": "/etc/passwd"}, "neither a file of this run"),
        ({"source": "file:1", "start": 99}, "cannot be read from 99 on"),
        ({"source": "file:1", "max_characters": 0}, "max_characters"),
    ],
)
def test_what_cannot_be_read_says_why(arguments, words):
    with pytest.raises(ToolRefused, match=words):
        use(TOOL, arguments, with_file(b"text"))
