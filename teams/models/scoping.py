"""Rows of a team are asked for with the team, or not at all: `Model.objects.of(team)`.

The way around is spelled `Model.unscoped`. It is Django's default manager, because Django follows foreign keys with it;
a test lists the modules that may write it.

Where `path` leads over another table, a conditional UPDATE becomes `id IN (SELECT ...)`, and PostgreSQL does not look at
the inner condition again when it has waited for another transaction: two callers may both count a row. Such guards filter
the row's own columns, by `Model.unscoped`, after the row was found `of` the team.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models

from teams.values import TeamsError

Row = TypeVar("Row", bound=models.Model)


class UnscopedQuery(TeamsError):
    """A query over the rows of all teams. Ask with `objects.of(team)`."""

    code = "unscoped_query"


class OfTeam(models.Manager[Row]):
    """Rows of one team. `path` leads from the row to its team."""

    def __init__(self, path: str = "team") -> None:
        super().__init__()
        self._path = path

    def of(self, team: models.Model | int) -> models.QuerySet[Row]:
        """The rows of that team, given as the row or its id."""
        return self.model._default_manager.filter(**{self._path: team})

    def get_queryset(self) -> models.QuerySet[Row]:
        raise UnscopedQuery(f"Ask with {self.model.__name__}.objects.of(team): these rows belong to teams.")

    def create(self, **values: Any) -> Row:
        """A new row; it names its team, as the column demands."""
        return super().get_queryset().create(**values)

    def bulk_create(self, rows: Iterable[Row], **options: Any) -> list[Row]:  # type: ignore[override]
        """New rows; each names its team, as the column demands."""
        return super().get_queryset().bulk_create(rows, **options)


class TeamRow(models.Model):
    """A row that belongs to exactly one team."""

    team = models.ForeignKey("teams.Team", models.CASCADE, related_name="+")

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        abstract = True
        default_manager_name = "unscoped"
