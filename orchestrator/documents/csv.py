"""Comma-separated values, also with semicolons, tabs or bars."""

import csv
import io

from orchestrator.documents.kinds import delimiter_of
from orchestrator.documents.tables import MOST_CELLS, bounded
from orchestrator.documents.text import MOST_CHARACTERS, decoded
from orchestrator.engine.values import Json


def read(content: bytes) -> Json:
    text = decoded(content)
    csv.field_size_limit(MOST_CHARACTERS)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter_of(text) or ",")
    table, is_cut = bounded((row for row in rows if row), most=MOST_CELLS)
    return {
        "text": text[:MOST_CHARACTERS],
        "tables": [{"name": "", "page": 1, "rows": table}],
        "truncated": is_cut or len(text) > MOST_CHARACTERS,
    }
