"""PDF files: the text of each page, and its tables."""

import io

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from orchestrator.documents.errors import DocumentRefused
from orchestrator.documents.tables import MOST_CELLS, bounded
from orchestrator.documents.text import MOST_CHARACTERS
from orchestrator.engine.values import Json

MOST_PAGES = 300


def read(content: bytes) -> Json:
    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            return _read(document)
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect | PDFEncryptionError):
            raise DocumentRefused("The PDF has a password. Save it without one.") from None
        raise


def _read(document: Json) -> Json:
    tables: list[Json] = []
    pieces: list[str] = []
    left, size = MOST_CELLS, 0
    pages = document.pages[:MOST_PAGES]
    is_cut = len(document.pages) > MOST_PAGES
    for number, page in enumerate(pages, start=1):
        pieces.append(page.extract_text() or "")
        size += len(pieces[-1])
        for found in page.extract_tables():
            rows, is_table_cut = bounded(found, most=left)
            left -= sum(len(row) for row in rows)
            is_cut = is_cut or is_table_cut
            tables.append({"name": "", "page": number, "rows": rows})
        page.close()
        if size > MOST_CHARACTERS:
            is_cut = True
            break
    return {
        "title": str((document.metadata or {}).get("Title") or ""),
        "text": "\n\n".join(pieces)[:MOST_CHARACTERS],
        "tables": tables,
        "pages": len(document.pages),
        "truncated": is_cut,
    }
