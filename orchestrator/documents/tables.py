"""Rows of cells, bounded, and how they read as text."""

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta

from orchestrator.engine.values import Json

MOST_CELLS = 200_000
MOST_COLUMNS = 200


def bounded(rows: Iterable[Sequence[Json]], *, most: int) -> tuple[list[list[Json]], bool]:
    """The rows until `most` cells were read, at most 200 columns each, and whether something was left out."""
    found: list[list[Json]] = []
    is_cut = False
    for row in rows:
        most -= max(1, min(len(row), MOST_COLUMNS))
        if most < 0:
            return found, True
        is_cut = is_cut or len(row) > MOST_COLUMNS
        found.append([cell(value) for value in row[:MOST_COLUMNS]])
    return found, is_cut


def cell(value: object) -> Json:
    """A cell as JSON."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def as_lines(rows: Iterable[Sequence[Json]]) -> str:
    """The rows as text, cells apart by a bar."""
    return "\n".join(
        " | ".join("" if value is None else str(value).replace("\n", " ") for value in row) for row in rows
    )
