"""A table's file between "look at it" and "import it": kept for half an hour in the cache, packed, one for each member.

Whoever looks at another file forgets the first.
"""

import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import PurePath

from django.core.cache import cache
from django.utils.translation import gettext as _

from teams.callers import Caller
from teams.errors import NotFound, WrongInput
from teams.models import Table
from teams.parser import storable_json
from teams.policy import Action
from teams.records import LONGEST_NAME, checked_rows, rows_of_csv
from teams.values import Json, JsonObject

KEPT = 1800
"""Seconds."""
SHOWN = 10
LARGEST = 25 * 1024 * 1024


class WrongTableFile(WrongInput):
    """A table's file is CSV with the columns' names in its first line, or JSON with a list of objects; in UTF-8, up to 25 MiB."""

    code = "wrong_table_file"


class NoPreview(NotFound):
    """The file that you looked at is no longer here. Choose it again."""

    code = "no_preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an import would do. `mark` stands for the file; `old_count` is the number of rows that it would replace, if any."""

    name: str
    mark: str
    columns: tuple[str, ...]
    count: int
    rows: tuple[tuple[Json, ...], ...]
    old_count: int | None


def look_at(*, by: Caller, file_name: str, content: bytes, name: str = "") -> Preview:
    """Read the file and keep it. Raises WrongTableFile, WrongTable, NotAllowed."""
    by.demand(Action.edit_table)
    rows = rows_of_file(file_name, content)
    columns, stored = checked_rows(rows)
    name = (name.strip() or PurePath(file_name).stem.strip())[:LONGEST_NAME]
    packed = zlib.compress(json.dumps(stored).encode(), 1)
    mark = hashlib.sha256(packed).hexdigest()
    cache.set(_key(by), (mark, name, packed), KEPT)
    old = Table.objects.of(by.team_id).filter(name=name).first()
    return Preview(
        name=name,
        mark=mark,
        columns=tuple(columns),
        count=len(stored),
        rows=tuple(tuple(row.get(column) for column in columns) for row in stored[:SHOWN]),
        old_count=old.row_count if old else None,
    )


def take(*, by: Caller, mark: str) -> tuple[str, list[JsonObject]]:
    """Name and rows of the file that was looked at; it is forgotten. Raises NoPreview."""
    found = cache.get(_key(by))
    if found is None or found[0] != mark:
        raise NoPreview
    cache.delete(_key(by))
    _mark, name, packed = found
    rows: list[JsonObject] = json.loads(zlib.decompress(packed))
    return name, rows


def rows_of_file(file_name: str, content: bytes) -> list[JsonObject]:
    """The records of a file, CSV or JSON, told apart by its name, else by how it begins."""
    if len(content) > LARGEST:
        raise WrongTableFile
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongTableFile(_("The file is not UTF-8. Save it as UTF-8 and choose it again.")) from None
    is_json = file_name.lower().endswith(".json") or text.lstrip().startswith(("[", "{"))
    return _rows_of_json(text) if is_json else list(rows_of_csv(text))


def _rows_of_json(text: str) -> list[JsonObject]:
    try:
        found = storable_json(text.encode())
    except ValueError as error:
        raise WrongTableFile(_("The file is no JSON: %(why)s.") % {"why": error}) from None
    rows = found.get("rows", found) if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise WrongTableFile(_("The JSON must be a list of objects, or an object with such a list as its rows."))
    return rows


def _key(by: Caller) -> str:
    return f"table-preview:{by.team_id}:{by.member_id}"
