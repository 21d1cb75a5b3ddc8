"""Plain text, in whatever encoding it comes."""

import codecs
import re

from orchestrator.documents.errors import DocumentRefused
from orchestrator.engine.values import Json

MOST_CHARACTERS = 2_000_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w\-]{2,20})", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read(content: bytes) -> Json:
    text = decoded(content)
    return {"text": text[:MOST_CHARACTERS], "truncated": len(text) > MOST_CHARACTERS}


def decoded(content: bytes) -> str:
    """The text of the bytes: by its byte order mark, as UTF-8, by an HTML page's charset, else as Windows-1252."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode(_declared(content), "replace")
    if len(_CONTROL.findall(text[:10_000])) > len(text[:10_000]) // 100:
        raise DocumentRefused(
            "This is no text and no document that is read here. Save it as PDF, DOCX, XLSX, CSV or HTML."
        )
    return text


def _declared(content: bytes) -> str:
    found = _CHARSET.search(content[:4096])
    try:
        return codecs.lookup(found.group(1).decode()).name if found else "cp1252"
    except LookupError:
        return "cp1252"
