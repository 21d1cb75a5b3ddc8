"""Tables of a team that agents look records up in: rows as JSON, and one small index row per value that can be found."""

from django.db import models
from django.utils import timezone

from teams.models.scoping import OfTeam, TeamRow


class Table(TeamRow):
    """A named table. Its rows are replaced as a whole by an import."""

    name = models.CharField(max_length=100)
    columns = models.JSONField()
    row_count = models.PositiveIntegerField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta(TeamRow.Meta):
        db_table = "record_table"
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="table_name")]

    def __str__(self) -> str:
        return self.name


class TableRow(models.Model):
    """A record, as an object with the table's columns."""

    table = models.ForeignKey(Table, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    data = models.JSONField()

    unscoped = models.Manager()
    objects = OfTeam("table__team")

    class Meta:
        db_table = "record_row"
        default_manager_name = "unscoped"
        constraints = [models.UniqueConstraint(fields=["table", "position"], name="row_position")]


class TableCell(models.Model):
    """Where a value stands: `place` is a hash of column and folded value, so that any column can be looked up by an index."""

    table = models.ForeignKey(Table, models.CASCADE, related_name="+", db_index=False)
    place = models.BigIntegerField()
    position = models.PositiveIntegerField()

    unscoped = models.Manager()
    objects = OfTeam("table__team")

    class Meta:
        db_table = "record_cell"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["table", "place", "position"], name="cell_place")]
