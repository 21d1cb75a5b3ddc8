"""How an input or an output is shown: as text, as a table, as a tree, always with what is stored beside it. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.engine.values import Json, JsonObject

LONGEST = 20_000
"""Characters of what is stored that stand in a page; the API gives all of it."""
MOST_ROWS, MOST_COLUMNS = 100, 12
LONGEST_CELL = 300
LONGEST_LINE = 80
"""Characters of a text that stands well beside its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one shape. `left_out` are rows that the page does not show."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`text` is Markdown; `texts` are an object's longer texts by their names; `rest` is what it has beside them; `raw` is what
    is stored, as JSON or text."""

    text: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    rest: Json = None
    raw: str = ""
    is_cut: bool = False
    is_nothing: bool = False


def shown(value: Json) -> Shown:
    """A value of a step or a run."""
    if value is None:
        return Shown(is_nothing=True)
    raw = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
    text, rest = _parts(value)
    texts, rest = _texts(rest)
    table = _table(rest)
    return Shown(
        text=text[:LONGEST],
        texts=texts,
        table=table,
        rest=None if table or rest in ({}, []) else rest,
        raw=raw[:LONGEST],
        is_cut=len(raw) > LONGEST,
    )


def _parts(value: Json) -> tuple[str, Json]:
    """What is read as text, and what is left."""
    if isinstance(value, str):
        return value, {}
    if isinstance(value, Mapping) and isinstance(value.get("text"), str):
        data = value.get("data")
        rest = {key: part for key, part in value.items() if key != "text"}
        return ("", rest) if data is not None and data != value["text"] else (value["text"], rest)
    return "", value


def _texts(value: Json) -> tuple[tuple[tuple[str, str], ...], Json]:
    """What of an object is prose, to be read as such, and what is left."""
    if not isinstance(value, Mapping):
        return (), value
    found = {name: part for name, part in value.items() if isinstance(part, str) and _is_prose(part)}
    texts = tuple((name, part[:LONGEST]) for name, part in found.items())
    return texts, {name: part for name, part in value.items() if name not in found}


def _is_prose(text: str) -> bool:
    return " " in text and ("\n" in text or len(text) > LONGEST_LINE)


def _table(value: Json) -> Table | None:
    """A list of objects that have the same names, and nothing deeper."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value or not _is_flat(value[0]):
        return None
    columns = tuple(value[0])
    if not 0 < len(columns) <= MOST_COLUMNS:
        return None
    if any(not _is_flat(row) or tuple(row) != columns for row in value):
        return None
    rows = tuple(tuple(_cell(row[name]) for name in columns) for row in value[:MOST_ROWS])
    return Table(columns=columns, rows=rows, left_out=max(0, len(value) - MOST_ROWS))


def _is_flat(row: Json) -> bool:
    return isinstance(row, Mapping) and not any(isinstance(part, Mapping | list) for part in row.values())


def _cell(value: Json) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]} …"


def files_in(value: Json) -> list[str]:
    """The ids of the files that a value names (`file:<id>`), each once."""
    found: dict[str, None] = {}
    _collect(value, found)
    return list(found)


def _collect(value: Json, found: dict[str, None]) -> None:
    if isinstance(value, str) and value.startswith("file:"):
        found[value.removeprefix("file:")] = None
    parts: Sequence[Json] | JsonObject = value if isinstance(value, list | Mapping) else ()
    for part in parts.values() if isinstance(parts, Mapping) else parts:
        _collect(part, found)
