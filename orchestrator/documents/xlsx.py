"""Spreadsheets: each sheet a table, formulas as the values that were saved with them."""

import io
from collections.abc import Iterator, Sequence

import openpyxl

from orchestrator.documents.tables import MOST_CELLS, MOST_COLUMNS, as_lines, bounded
from orchestrator.documents.text import MOST_CHARACTERS
from orchestrator.engine.values import Json

MOST_SHEETS = 50
MOST_EMPTY_ROWS = 1000


def read(content: bytes) -> Json:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    tables: list[Json] = []
    left, is_cut = MOST_CELLS, len(book.worksheets) > MOST_SHEETS
    for number, sheet in enumerate(book.worksheets[:MOST_SHEETS], start=1):
        rows, is_sheet_cut = bounded(_filled(sheet), most=left)
        left -= sum(len(row) for row in rows)
        is_cut = is_cut or is_sheet_cut
        tables.append({"name": sheet.title, "page": number, "rows": rows})
    text = "\n\n".join(f"{table['name']}\n{as_lines(table['rows'])}" for table in tables)
    return {
        "text": text[:MOST_CHARACTERS],
        "tables": tables,
        "pages": len(tables),
        "truncated": is_cut or len(text) > MOST_CHARACTERS,
    }


def _filled(sheet: Json) -> Iterator[Sequence[Json]]:
    """The rows without empty ones; a sheet may claim a million of them."""
    empty = 0
    for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
        width = max((place for place, value in enumerate(row, start=1) if value is not None), default=0)
        empty = 0 if width else empty + 1
        if empty > MOST_EMPTY_ROWS:
            return
        if width:
            yield row[:width]
