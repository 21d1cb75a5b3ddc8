"""What a table's rows may look like, and when two values are the same in a look-up. Pure: no Django, no database."""

import csv
import hashlib
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from teams.errors import WrongInput
from teams.values import Json, JsonObject, clean

MOST_ROWS = 100_000
MOST_COLUMNS = 100
LARGEST_ROW = 65_536
LONGEST_NAME = 100


class WrongTable(WrongInput):
    """A table is a list of records with the same columns."""

    code = "wrong_table"


def rows_of_csv(text: str) -> list[dict[str, str]]:
    """The records of a CSV file whose first line names the columns; the separator is a comma, semicolon or tab."""
    first = text.lstrip("\ufeff").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator, strict=True)
    try:
        names, *lines = [line for line in reader if any(cell.strip() for cell in line)]
    except ValueError:
        raise WrongTable("The file is empty; its first line must name the columns.") from None
    except csv.Error as error:
        raise WrongTable(f"Line {reader.line_num} of the file is no CSV: {error}.") from None
    return [_record([name.strip() for name in names], cells, number) for number, cells in enumerate(lines, start=2)]


def checked_rows(rows: Iterable[JsonObject]) -> tuple[list[str], list[dict[str, Json]]]:
    """The columns in the order of their first appearance, and the rows as they can be stored. Raises WrongTable."""
    stored: list[dict[str, Json]] = []
    columns: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise WrongTable(f"A table has at most {MOST_ROWS:,} rows.")
        stored.append(_checked(row, number))
        for name in stored[-1]:
            if columns.setdefault(folded(name), name) != name:
                raise WrongTable(f"Row {number} calls a column {name!r} that is {columns[folded(name)]!r} elsewhere.")
    if not columns or len(columns) > MOST_COLUMNS:
        raise WrongTable(f"A table needs at least one row, and 1 to {MOST_COLUMNS} columns.")
    return list(columns.values()), stored


def folded(value: Json) -> str:
    """The value as look-ups compare it: without regard to letters' case, outer blanks and kinds of Unicode."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFKC", str(value)).strip().casefold()


def place_of(column: str, value: Json) -> int:
    """Where the index keeps that value of that column: 64 bits of a hash, signed as databases want it."""
    name = folded(column)
    text = f"{len(name)} {name} {folded(value)}"  # the length, so that no value can pose as part of the name
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


def places(row: JsonObject) -> Iterator[int]:
    """The places of all values of a row that can be looked up: texts, numbers, yes and no."""
    for column, value in row.items():
        if isinstance(value, str | int | float) and value != "":
            yield place_of(column, value)


def matches(row: JsonObject, where: JsonObject) -> bool:
    """Whether the row has all these values; `where` names columns as the row does."""
    return all(column in row and folded(row[column]) == folded(value) for column, value in where.items())


def _record(names: Sequence[str], cells: Sequence[str], number: int) -> dict[str, str]:
    if len(cells) != len(names):
        raise WrongTable(f"Record {number - 1} has {len(cells)} values for {len(names)} columns.")
    if len(set(names)) != len(names):
        raise WrongTable("Two columns have the same name.")
    return dict(zip(names, cells, strict=True))


def _checked(row: Json, number: int) -> dict[str, Json]:
    if not isinstance(row, dict):
        raise WrongTable(f"Row {number} is no record: each row must be an object with the columns as its keys.")
    if any(not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME for name in row):
        raise WrongTable(f"Row {number} has a column without a name, or with a name over {LONGEST_NAME} characters.")
    found: dict[str, Json] = clean({name.strip(): value for name, value in row.items()})
    if len(json.dumps(found)) > LARGEST_ROW:
        raise WrongTable(f"Row {number} is larger than {LARGEST_ROW // 1024} KiB.")
    return found
