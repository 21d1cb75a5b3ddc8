"""Finds rows for a caller. What belongs to another team is not found, as if it did not exist: 404, never 403."""

from typing import TypeVar

from django.db import models

from teams.callers import Caller
from teams.errors import NotFound
from teams.models import ApiToken, Connection, Member, OfTeam, Table

Row = TypeVar("Row", bound=models.Model)


def found(rows: OfTeam[Row], by: Caller, **where: object) -> Row:
    """The one row of the caller's team. Raises NotFound. `where` is written in code, never taken from a request."""
    row = rows.of(by.team_id).filter(**where).first()
    if row is None:
        kind = rows.model._meta.verbose_name
        shown = ", ".join(str(value) for value in where.values())
        raise NotFound(f"There is no {kind} {shown} in this team.")
    return row


def member_of(by: Caller, member_id: int) -> Member:
    """A member of the caller's team."""
    return found(Member.objects, by, pk=member_id)


def token_of(by: Caller, token_id: int) -> ApiToken:
    """A token of the caller's team."""
    return found(ApiToken.objects, by, pk=token_id)


def connection_of(by: Caller, connection_id: int) -> Connection:
    """A connection of the caller's team."""
    return found(Connection.objects, by, pk=connection_id)


def table_of(by: Caller, name: str) -> Table:
    """A table of the caller's team."""
    return found(Table.objects, by, name=name)
