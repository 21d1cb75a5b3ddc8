"""The project's own documents as HTML: headings with anchors, links and pictures led to where the help serves them.

Pure: no Django. For files of this repository only; what people and models write goes through ui.markdown.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

Resolve = Callable[[str], str | None]
"""From the target of a link or picture, as written, to an address; None where the help does not have it."""
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_NO_WORD = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Of the second level; `anchor` is its id on the page."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document ready to be shown: its title (first heading), the HTML of the rest, its sections."""

    title: str
    html: str
    headings: tuple[Heading, ...]


def render_document(text: str, *, resolve: Resolve) -> Document:
    """The document. A link that leads nowhere becomes plain text, a picture that is not there its description."""
    tokens = _parser.parse(text)
    title = ""
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title, tokens = _words(tokens[1]), tokens[3:]
    headings = tuple(_anchored(tokens))
    for token in tokens:
        if token.children:
            _lead(token.children, resolve)
    return Document(title=title, html=_parser.renderer.render(tokens, _parser.options, {}), headings=headings)


def anchor_of(heading: str) -> str:
    """As the usual hosts of Markdown make it, so that one link works in both places."""
    return _NO_WORD.sub("", heading.lower()).replace(" ", "-")


def _anchored(tokens: list[Token]) -> list[Heading]:
    found = []
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            words = _words(tokens[place + 1])
            token.attrSet("id", anchor_of(words))
            if token.tag == "h2":
                found.append(Heading(anchor=anchor_of(words), text=words))
    return found


def _words(token: Token) -> str:
    return "".join(child.content for child in token.children or [])


def _lead(tokens: list[Token], resolve: Resolve) -> None:
    is_plain = False
    for token in tokens:
        if token.type == "link_open":
            address = resolve(str(token.attrGet("href") or ""))
            is_plain = address is None
            _rename(token, is_plain=is_plain, attributes={"href": address or ""})
        elif token.type == "link_close":
            _rename(token, is_plain=is_plain, attributes={})
        elif token.type == "image":
            _picture(token, resolve(str(token.attrGet("src") or "")))


def _rename(token: Token, *, is_plain: bool, attributes: dict[str, str | int | float]) -> None:
    token.tag, token.attrs = ("span", {}) if is_plain else ("a", attributes)


def _picture(token: Token, address: str | None) -> None:
    if address is None:
        token.type, token.content = "text", token.content
    else:
        token.attrs = {"src": address, "alt": token.content, "loading": "lazy"}
