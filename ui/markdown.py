"""Markdown of people and models as HTML that can do no harm: HTML in it is text, images and foreign attributes are gone.

Pure: no Django. Models write what strangers told them to; a picture's address alone would carry data out (security S8).
"""

import nh3
from markdown_it import MarkdownIt

LARGEST = 500_000
"""Characters that are rendered; what is longer is cut, because parsing takes time."""
_TAGS = frozenset({
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = ("http://", "https://", "mailto:")
_parser = (
    MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"]).disable("image")
)


def render_markdown(text: str) -> str:
    """HTML of the text. Links lead to web and mail addresses only, and tell the other side nothing."""
    return nh3.clean(
        _parser.render(text[:LARGEST]),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_leads_outside,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _leads_outside(_tag: str, attribute: str, value: str) -> str | None:
    """Links without a scheme are dropped: they could lead to our own addresses, or anywhere (`//host`)."""
    return value if attribute != "href" or value.lower().startswith(_SCHEMES) else None
