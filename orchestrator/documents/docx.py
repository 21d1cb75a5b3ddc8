"""Word files: paragraphs and tables in their order, headings marked as in Markdown."""

import io
import re
from collections.abc import Iterator

import docx
from docx.table import Table

from orchestrator.documents.tables import MOST_CELLS, as_lines, bounded
from orchestrator.documents.text import MOST_CHARACTERS
from orchestrator.engine.values import Json

_HEADING = re.compile(r"Heading ([1-6])$")


def read(content: bytes) -> Json:
    document = docx.Document(io.BytesIO(content))
    tables: list[Json] = []
    pieces: list[str] = []
    left, is_cut = MOST_CELLS, False
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            rows, is_table_cut = bounded(_rows(part), most=left)
            left -= sum(len(row) for row in rows)
            is_cut = is_cut or is_table_cut
            tables.append({"name": "", "page": 1, "rows": rows})
            pieces.append(as_lines(rows))
        elif part.text.strip():
            pieces.append(_marked(part))
    text = "\n\n".join(pieces)
    return {
        "title": document.core_properties.title or "",
        "text": text[:MOST_CHARACTERS],
        "tables": tables,
        "truncated": is_cut or len(text) > MOST_CHARACTERS,
    }


def _rows(table: Table) -> Iterator[list[str]]:
    for row in table.rows:
        yield [cell.text for cell in row.cells]


def _marked(paragraph: Json) -> str:
    heading = _HEADING.match(paragraph.style.name or "") if paragraph.style is not None else None
    return f"{'#' * int(heading.group(1))} {paragraph.text}" if heading else paragraph.text
