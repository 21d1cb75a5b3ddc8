"""Tables: import one whole, delete one."""

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from django.db import connection, transaction

from teams.access import table_of
from teams.audit import record
from teams.callers import Caller
from teams.models import Table, Team
from teams.policy import Action
from teams.records import LONGEST_NAME, WrongTable, checked_rows, places
from teams.values import JsonObject

BATCH = 1_000


def import_table(*, by: Caller, name: str, rows: Iterable[JsonObject], now: datetime) -> Table:
    """These rows under that name, instead of what was there. Raises WrongTable, naming the row."""
    by.demand(Action.edit_table)
    if not name.strip() or len(name) > LONGEST_NAME:
        raise WrongTable(f"A table needs a name of at most {LONGEST_NAME} characters.")
    columns, stored = checked_rows(rows)
    prepared = _prepared(stored)
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=by.team_id)  # one import at a time
        Table.objects.of(by.team_id).filter(name=name.strip()).delete()
        table = Table.objects.create(
            team_id=by.team_id, name=name.strip(), columns=columns, row_count=len(stored), changed_at=now
        )
        _insert(table, prepared)
        data = {"rows": len(stored), "columns": columns}
        record(by=by, action="table.imported", subject=table.name, data=data, now=now)
    return table


def delete_table(*, by: Caller, name: str, now: datetime) -> None:
    """The table and its rows are gone."""
    by.demand(Action.edit_table)
    with transaction.atomic():
        table = table_of(by, name)
        record(by=by, action="table.deleted", subject=table.name, data={"rows": table.row_count}, now=now)
        table.delete()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What goes into the database, computed before its lock is taken: a text for each row, and the cells' two columns."""

    texts: Sequence[str]
    places: Sequence[int]
    positions: Sequence[int]


def _prepared(rows: Sequence[JsonObject]) -> _Prepared:
    found, positions = array("q"), array("q")
    for position, row in enumerate(rows):
        for place in places(row):
            found.append(place)
            positions.append(position)
    return _Prepared(texts=[json.dumps(row) for row in rows], places=found, positions=positions)


def _insert(table: Table, prepared: _Prepared) -> None:
    """Many rows to a statement: a tenth of the time of the ORM's, and everybody else waits for it on SQLite."""
    _insert_many("record_row (table_id, position, data)", table.pk, enumerate(prepared.texts))
    _insert_many(
        "record_cell (table_id, place, position)", table.pk, zip(prepared.places, prepared.positions, strict=True)
    )


def _insert_many(into: str, table_id: int, pairs: Iterable[tuple[int, int | str]]) -> None:
    """`into` is written above, the values are bound."""
    rest = iter(pairs)
    with connection.cursor() as cursor:
        while some := list(islice(rest, BATCH)):
            values = ", ".join([f"({table_id:d}, %s, %s)"] * len(some))
            cursor.execute(f"INSERT INTO {into} VALUES {values}", list(chain.from_iterable(some)))  # noqa: S608  # nosec B608
