"""Rows of this app: the words of each run, and how far the indexing has come. Runs themselves are the orchestrator's."""

from django.db import models

from orchestrator.models import Run
from teams.models import OfTeam


class RunText(models.Model):
    """The words of a run's inputs and outputs. A table with a tsvector on PostgreSQL, an FTS5 table on SQLite: its first
    migration makes it, `search_index` reads and writes it. It goes with its run."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, db_column="rowid", related_name="+")

    unscoped = models.Manager()
    objects = OfTeam("run__team")

    class Meta:
        db_table = "run_text"
        default_manager_name = "unscoped"


class SearchProgress(models.Model):
    """One row: all runs up to `run`, and all that ended before `ended_at`, were indexed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    run = models.BigIntegerField(default=0)
    ended_at = models.FloatField(default=0)

    class Meta:
        db_table = "search_progress"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="search_progress_once")]
