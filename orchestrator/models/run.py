"""One execution of a version: its counters, its events, its payloads."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from orchestrator.models.workflow import Version
from teams.models import OfTeam, Team


class Run(models.Model):
    """The counters are the engine's (engine.state.Run). `seq` counts commits, and so events."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="runs")
    version = models.ForeignKey(Version, models.RESTRICT, related_name="runs", db_index=False)
    format = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12)
    seq = models.PositiveIntegerField()
    open = models.IntegerField()
    ready = models.IntegerField()
    running = models.IntegerField()
    failures = models.IntegerField()
    started = models.BooleanField()
    paused = models.BooleanField()
    asks = models.BooleanField()
    """Whether any step has ever asked something."""
    input = models.TextField()
    is_test = models.BooleanField(default=False)
    trigger = models.CharField(max_length=20)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.FloatField()
    finished_at = models.FloatField(null=True)
    woken_at = models.FloatField()
    """The last commit or wake-up: the sweeper looks at runs that are quiet with ready work."""
    wakes = models.PositiveSmallIntegerField()
    """Wake-ups since the last commit: the sweeper waits longer each time."""
    cost = models.BigIntegerField(default=0)
    """Micro-dollars: the sum of its ledger rows."""
    stored = models.BigIntegerField(db_default=0)
    """Bytes of its payloads and of what its calls said."""

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "run"
        indexes = [
            models.Index(fields=["team", "-id"], name="run_of_team"),
            models.Index(fields=["version", "-id"], name="run_of_version"),
            models.Index(fields=["team", "-id"], name="run_open", condition=Q(finished_at__isnull=True)),
            models.Index(fields=["team", "status", "-id"], name="run_ended", condition=Q(finished_at__isnull=False)),
            models.Index("finished_at", name="run_ended_at", condition=Q(finished_at__isnull=False)),
            models.Index("woken_at", name="run_quiet", condition=Q(ready__gt=0)),
            models.Index("version", "finished_at", "status", name="run_kept", condition=Q(finished_at__isnull=False)),
        ]


class Event(models.Model):
    """One commit of a run: the facts it made, as JSON text."""

    pk = models.CompositePrimaryKey("run_id", "seq")
    run = models.ForeignKey(Run, models.CASCADE, db_index=False)
    seq = models.PositiveIntegerField()
    at = models.FloatField()
    facts = models.TextField()

    unscoped = models.Manager()
    objects = OfTeam("run__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "event"


class Payload(models.Model):
    """An input or output that is too large to stand in its row, once per run."""

    pk = models.CompositePrimaryKey("run_id", "hash")
    run = models.ForeignKey(Run, models.CASCADE, db_index=False)
    hash = models.CharField(max_length=64)
    body = models.TextField()

    unscoped = models.Manager()
    objects = OfTeam("run__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "payload"
