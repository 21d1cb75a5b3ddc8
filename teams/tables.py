"""Looks records up in a team's tables: what the tool of agents asks. Reads only."""

from collections.abc import Mapping

from django.db.models import QuerySet

from teams.errors import WrongInput
from teams.models import Table, TableCell, TableRow
from teams.records import folded, matches, place_of
from teams.values import Json, JsonObject

MOST = 100


class LookUpError(WrongInput):
    """This look-up cannot be answered."""

    code = "look_up_error"


class UnknownTable(LookUpError):
    """The team has no table with this name."""

    code = "unknown_table"


class UnknownColumn(LookUpError):
    """The table has no column with this name."""

    code = "unknown_column"


class WrongLookUp(LookUpError):
    """Look for texts, numbers, yes or no, and at most for 100 records."""

    code = "wrong_look_up"


def look_up(team_id: int, table: str, where: JsonObject, *, limit: int = 20) -> list[dict[str, Json]]:
    """The records that have all these values, in the table's order; without `where` the first ones; none is an empty list.

    Letters' case and outer blanks do not count, in values as in names. Raises UnknownTable, UnknownColumn, WrongLookUp.
    """
    if not 1 <= limit <= MOST or not all(isinstance(value, str | int | float) for value in where.values()):
        raise WrongLookUp
    found = _table(team_id, table)
    wanted = {_column(found, name): value for name, value in where.items()}
    rows = TableRow.objects.of(team_id).filter(table=found).order_by("position")
    if wanted:
        rows = rows.filter(position__in=list(_positions(found, wanted)[:limit]))
    return [row.data for row in rows[:limit] if matches(row.data, wanted)]


def tables_of(team_id: int) -> Mapping[str, list[str]]:
    """The columns of each table by its name."""
    return {table.name: table.columns for table in Table.objects.of(team_id).order_by("name")}


def contents_of(team_id: int, table: str) -> list[dict[str, Json]]:
    """All records of a table, in its order. Raises UnknownTable."""
    rows = TableRow.objects.of(team_id).filter(table=_table(team_id, table)).order_by("position")
    return list(rows.values_list("data", flat=True))


def page_of(table: Table, *, after: int, limit: int) -> list[TableRow]:
    """Records of a table, those after the position `after`."""
    rows = TableRow.objects.of(table.team_id).filter(table=table, position__gt=after)
    return list(rows.order_by("position")[:limit])


def _table(team_id: int, name: str) -> Table:
    tables = list(Table.objects.of(team_id).order_by("name"))
    for table in tables:
        if folded(table.name) == folded(name):
            return table
    there = ", ".join(table.name for table in tables)
    raise UnknownTable(f"There is no table {name!r}; {f'there are {there}' if there else 'import one first'}.")


def _column(table: Table, name: str) -> str:
    for column in table.columns:
        if folded(column) == folded(name):
            return str(column)
    raise UnknownColumn(f"The table {table.name!r} has no column {name!r}; it has {', '.join(table.columns)}.")


def _positions(table: Table, where: JsonObject) -> QuerySet[TableCell, int]:
    """Positions of the rows that stand at all the places, by the index alone."""
    cells = TableCell.objects.of(table.team_id).filter(table=table)
    first, *others = (place_of(column, value) for column, value in where.items())
    found = cells.filter(place=first)
    for place in others:
        found = found.filter(position__in=cells.filter(place=place).values("position"))
    return found.order_by("position").values_list("position", flat=True)
