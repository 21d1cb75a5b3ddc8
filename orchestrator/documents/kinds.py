"""What a document is, told by its content and not by its name."""

import csv
import io
import re

from orchestrator.documents.archive import checked_names
from orchestrator.documents.errors import DocumentRefused
from orchestrator.documents.text import decoded

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(r"<(!doctype\s+html|html|head|body|meta|title|article|div|table|p|h[1-6])[\s>]", re.IGNORECASE)
_NO_TEXT = (b"\x7fELF", b"MZ", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh")
_DELIMITERS = ",;\t|"
_PROSE = frozenset({".txt", ".md", ".rst", ".log"})


def kind_of(content: bytes, suffix: str = "") -> str:
    """pdf, docx, xlsx, html, csv or text: the name of the module that reads it. Raises DocumentRefused."""
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK"):
        return _zipped(content)
    if content.startswith(_OLD_OFFICE):
        raise DocumentRefused("This is an old Office file (or one with a password). Save it as DOCX, XLSX or PDF.")
    if content.startswith(_NO_TEXT):
        raise DocumentRefused("This is a picture, a program or an archive, no document. Choose the document itself.")
    return _written(decoded(content), suffix)


def _zipped(content: bytes) -> str:
    names = checked_names(content)
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise DocumentRefused("This archive is neither DOCX nor XLSX. Unpack it and choose the document itself.")


def _written(text: str, suffix: str) -> str:
    start = text[:2000].lstrip()
    if start.startswith("<") and not start.startswith("<?xml ") and _HTML.match(start):
        return "html"
    if _HTML.search(start) and start.startswith(("<!--", "<?xml ")) and "<html" in start.lower():
        return "html"
    return "csv" if suffix not in _PROSE and is_table(text) else "text"


def is_table(text: str) -> bool:
    """Whether the text reads as CSV: two rows at least, each with the same number of cells, two or more."""
    return delimiter_of(text) is not None


def delimiter_of(text: str) -> str | None:
    lines = text.splitlines()[:20]
    if len(text.splitlines()) > 20:
        lines = lines[:-1]
    for sign in _DELIMITERS:
        widths = {len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=sign) if row}
        if len(lines) > 1 and len(widths) == 1 and min(widths) > 1:
            return sign
    return None
