"""Runs as CSV and JSON, piece by piece. Pure: it is given lines and gives text."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from history.queries.pages import Line
from orchestrator.engine.values import Json
from ui.formats import iso
from ui.spreadsheets import harmless

COLUMNS = (
    "run", "status", "workflow", "name", "version", "test", "started_at", "finished_at", "seconds", "tokens", "cost", "trigger",
    "started_by",
)  # fmt: skip


def as_csv(pieces: Iterable[Sequence[Line]]) -> Iterator[str]:
    """A head and a row for each run. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    yield "\ufeff" + _rows([COLUMNS])
    for lines in pieces:
        yield _rows([[harmless(value) for value in _values(line)] for line in lines])


def as_json(pieces: Iterable[Sequence[Line]]) -> Iterator[str]:
    """A list of objects with the same columns, one on a line."""
    before = "[\n"
    for lines in pieces:
        for line in lines:
            row = dict(zip(COLUMNS, _values(line), strict=True))
            yield before + json.dumps(row, ensure_ascii=False)
            before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _values(line: Line) -> list[Json]:
    run = line.run
    return [
        run.id,
        run.status,
        run.workflow,
        run.name,
        run.version,
        run.is_test,
        iso(run.created_at),
        iso(run.finished_at) if run.finished_at else None,
        round(line.seconds, 3),
        line.tokens,
        run.cost,
        run.trigger,
        run.started_by,
    ]


def _rows(rows: Iterable[Sequence[Json]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
