"""The files beside a workflow file: tables and samples. Paths are relative to it and never lead out of its folder."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from builder.portable_errors import Fault, Place, WrongFile, WrongPath, WrongTable
from builder.portable_yaml import Source
from orchestrator.engine.values import Json, JsonObject

LARGEST_TABLE, MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 5 << 20, 20_000, 100, 32_768
Row = JsonObject


def beside(path: str, *, base: Path) -> Path:
    """The file at a path that a workflow file in the folder `base` names. Raises WrongPath."""
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or any(sign in path for sign in "\\:\x00"):
        raise WrongPath(f"{path[:80]!r} is no path beside the workflow file: write it like `folder/file.csv`.")
    found = (base / pure).resolve()
    if not found.is_relative_to(base.resolve()):
        raise WrongPath(f"{path[:80]!r} leads out of the workflow file's folder: copy the file into the folder.")
    if not found.is_file():
        raise WrongPath(f"There is no file {path[:80]!r} beside the workflow file: add it, or correct the path.")
    return found


def read_tables(source: Source, *, base: Path | None) -> dict[str, tuple[Row, ...]]:
    """All tables of a file whose shape is checked. Raises WrongPath, WrongTable."""
    tables = source.data.get("tables") or {}
    return {name: _placed(source, ("tables", name), entry, base) for name, entry in tables.items()}


def _placed(source: Source, place: Place, entry: Json, base: Path | None) -> tuple[Row, ...]:
    try:
        return _checked(entry if isinstance(entry, list) else _read_table(entry, base))
    except (WrongPath, WrongTable) as error:
        raise type(error)([source.fault(fault.text, place) for fault in error.faults]) from None


def _read_table(path: Json, base: Path | None) -> Sequence[Json]:
    if not isinstance(path, str):
        raise WrongTable(f"{WrongTable.__doc__}")
    if base is None:
        raise WrongPath("The file came without its folder: write the rows into it, or import it from its folder.")
    found = beside(path, base=base)
    if found.stat().st_size > LARGEST_TABLE:
        raise WrongTable(f"{path!r} is larger than {LARGEST_TABLE >> 20} MiB. Shorten it.")
    return parse_table(name=path, content=found.read_bytes())


def parse_table(*, name: str, content: bytes) -> Sequence[Json]:
    """The rows of a CSV file (with a header; every cell is text) or of a JSON list of objects. Raises WrongTable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongTable(f"{name!r} is not UTF-8: save it as UTF-8.") from None
    if name.lower().endswith(".json"):
        return _json_rows(name, text)
    if name.lower().endswith(".csv"):
        return list(_csv_rows(name, text))
    raise WrongTable(f"{name!r} is neither .csv nor .json.")


def _json_rows(name: str, text: str) -> list[Json]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        raise WrongTable(f"{name!r} is not JSON: it holds a list of objects, [{{...}}, ...].") from None
    if not isinstance(rows, list):
        raise WrongTable(f"{name!r} holds no list: write [{{...}}, ...].")
    return rows


def _csv_rows(name: str, text: str) -> Iterator[dict[str, Json]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not header or "" in header or len(set(header)) < len(header):
            raise WrongTable(f"The first line of {name!r} names the columns, each once and none empty.")
        for cells in reader:
            if cells and len(cells) != len(header):
                text = f"Line {reader.line_num} of {name!r} has {len(cells)} cells, the header has {len(header)}."
                raise WrongTable(f"{text} Put cells with a comma in double quotes.")
            if cells:
                yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise WrongTable(f"Line {reader.line_num} of {name!r} is no CSV: {error}.") from None


def _checked(rows: Sequence[Json]) -> tuple[Row, ...]:
    if len(rows) > MOST_ROWS:
        raise WrongTable(f"A table has at most {MOST_ROWS:,} rows, this one has {len(rows):,}.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not row or len(row) > MOST_COLUMNS:
            raise WrongTable(f"Row {number} is no object with 1 to {MOST_COLUMNS} columns.")
        for column, cell in row.items():
            _check_cell(number, column, cell)
    return tuple(rows)


def _check_cell(number: int, column: str, cell: Json) -> None:
    if isinstance(cell, list | dict):
        raise WrongTable(f"Row {number}, {column[:60]!r}: a cell is text, a number, true, false or null.")
    if isinstance(cell, str) and (len(cell) > LONGEST_CELL or "\x00" in cell):
        raise WrongTable(f"Row {number}, {column[:60]!r}: a cell has at most {LONGEST_CELL:,} characters and no NUL.")


def sample_fault(source: Source, place: Place, path: Json, *, base: Path | None) -> Fault | None:
    """What is wrong with a file that a sample names, if anything."""
    if not isinstance(path, str):
        return source.fault("A file of a sample is a path beside the workflow file.", place)
    if base is None:
        return None
    try:
        beside(path, base=base)
    except WrongFile as error:
        return source.fault(error.faults[0].text, place)
    return None
