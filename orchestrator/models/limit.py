"""Limits and budgets: rows that calls take from by conditional updates."""

from django.db import models
from django.db.models import Q

from teams.models import OfTeam, Team


class Limit(models.Model):
    """How much of something may go on at once, or in a minute. `subject` is connection:<id>, workflow:<id> or team:<id>."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="limits")
    subject = models.CharField(max_length=80)
    capacity = models.PositiveIntegerField(null=True)
    """At once; None is no limit."""
    used = models.IntegerField(db_default=0)
    per_minute = models.PositiveIntegerField(null=True)
    """Requests; None is no limit."""
    level = models.FloatField(db_default=0)
    """What of the minute's requests is left, as of `filled_at`."""
    filled_at = models.FloatField(db_default=0)

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "capacity"
        constraints = [models.UniqueConstraint("team", "subject", name="limit_subject")]


class Budget(models.Model):
    """The limit on one unit for one subject: run:<id>, workflow:<id>, team:<id>, team:<id>:<year-month>."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="budgets")
    subject = models.CharField(max_length=80)
    unit = models.CharField(max_length=6)
    """money (micro-dollars), tokens or calls."""
    most = models.BigIntegerField()
    spent = models.BigIntegerField(db_default=0)
    reserved = models.BigIntegerField(db_default=0)
    asked = models.BooleanField(db_default=False)
    """Whether people have been asked to raise it."""
    stopped = models.BooleanField(db_default=False)
    """Whether they said stop."""

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "budget"
        constraints = [
            models.UniqueConstraint("team", "subject", "unit", name="budget_subject"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="budget_reserved_not_negative"),
        ]
