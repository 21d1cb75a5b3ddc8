"""HTML pages: all that is visible as text, the readable part (the article), tables and links."""

import re
from collections.abc import Iterator

import lxml.html
from lxml.etree import ParserError
from readability import Document
from readability.readability import Unparseable

from orchestrator.documents.errors import DocumentRefused
from orchestrator.documents.tables import MOST_CELLS, bounded
from orchestrator.documents.text import MOST_CHARACTERS, decoded
from orchestrator.engine.values import Json

MOST_LINKS = 500
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_HIDDEN = ("script", "style", "noscript", "template", "svg", "head", "iframe")
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    }
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


def read(content: bytes) -> Json:
    source = _DECLARATION.sub("", decoded(content)).replace("\0", "")
    tree = _tree(source)
    tables, is_cut = _tables(tree)
    title = tree.findtext(".//title") or ""
    links = _links(tree)
    article = _article(source)
    text = _text(tree)
    return {
        "title": " ".join(title.split()),
        "text": text[:MOST_CHARACTERS],
        "article": article[:MOST_CHARACTERS],
        "tables": tables,
        "links": links,
        "truncated": is_cut or len(text) > MOST_CHARACTERS,
    }


def _tree(source: str) -> Json:
    try:
        return lxml.html.document_fromstring(source)
    except ParserError:
        raise DocumentRefused("The page is empty.") from None


def _article(source: str) -> str:
    try:
        return _text(lxml.html.document_fromstring(Document(source).summary(html_partial=True)))
    except (Unparseable, ParserError):
        return ""


def _text(tree: Json) -> str:
    """The visible text: one line per block, headings marked, list items with a dash."""
    for part in [part for part in tree.iter(*_HIDDEN) if part.getparent() is not None]:
        part.drop_tree()
    pieces = "".join(_pieces(tree))
    lines = (" ".join(line.split()) for line in pieces.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _pieces(tree: Json) -> Iterator[str]:
    for event, part in lxml.etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            yield _opening(part.tag)
            yield (part.text or "").replace("\n", " ") if part.tag != "pre" else part.text or ""
        else:
            if event == "end":
                yield _closing(part.tag)
            yield (part.tail or "").replace("\n", " ")


def _opening(tag: str) -> str:
    if tag in _HEADINGS:
        return f"\n\n{_HEADINGS[tag]}"
    if tag == "li":
        return "\n- "
    if tag in ("td", "th"):
        return " | "
    return "\n" if tag in _BLOCKS else ""


def _closing(tag: str) -> str:
    if tag in ("td", "th", "li", "br", "tr"):
        return ""
    return "\n\n" if tag == "p" or tag in _HEADINGS else "\n" if tag in _BLOCKS else ""


def _tables(tree: Json) -> tuple[list[Json], bool]:
    found: list[Json] = []
    left, is_cut = MOST_CELLS, False
    for table in tree.iter("table"):
        rows, is_table_cut = bounded(filter(None, map(_cells, table.iter("tr"))), most=left)
        left -= sum(len(row) for row in rows)
        is_cut = is_cut or is_table_cut
        found.append({"name": "", "page": 1, "rows": rows})
    return found, is_cut


def _cells(row: Json) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in row if cell.tag in ("td", "th")]


def _links(tree: Json) -> list[Json]:
    found = ((" ".join(link.text_content().split())[:200], link.get("href", "")) for link in tree.iter("a"))
    return [{"text": text, "url": url} for text, url in found if url and not url.startswith(("#", "javascript:"))][
        :MOST_LINKS
    ]
