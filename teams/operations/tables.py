"""Tables: import one whole, delete one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from django.db import connection, transaction

from teams.access import table_of
from teams.audit import record
from teams.callers import Caller
from teams.models import Table, TableRow, Team
from teams.policy import Action
from teams.records import LONGEST_NAME, WrongTable, checked_rows, places
from teams.values import JsonObject

BATCH = 1_000
_INSERT_CELL = "INSERT INTO record_cell (table_id, place, position) VALUES (%s, %s, %s)"


def import_table(*, by: Caller, name: str, rows: Iterable[JsonObject], now: datetime) -> Table:
    """These rows under that name, instead of what was there. Raises WrongTable, naming the row."""
    by.demand(Action.edit_table)
    if not name.strip() or len(name) > LONGEST_NAME:
        raise WrongTable(f"A table needs a name of at most {LONGEST_NAME} characters.")
    columns, stored = checked_rows(rows)
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=by.team_id)  # one import at a time
        Table.objects.of(by.team_id).filter(name=name.strip()).delete()
        table = Table.objects.create(
            team_id=by.team_id, name=name.strip(), columns=columns, row_count=len(stored), changed_at=now
        )
        _insert(table, stored)
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


def _insert(table: Table, rows: Sequence[JsonObject]) -> None:
    lines = (TableRow(table=table, position=position, data=row) for position, row in enumerate(rows))
    TableRow.objects.bulk_create(lines, batch_size=BATCH)
    cells = ((table.pk, place, position) for position, row in enumerate(rows) for place in places(row))
    with connection.cursor() as cursor:
        while some := list(islice(cells, 20 * BATCH)):
            cursor.executemany(_INSERT_CELL, some)
