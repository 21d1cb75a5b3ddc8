"""Limits and budgets, rows that calls take from by conditional updates; and the circuit breakers of connections."""

from django.db import models
from django.db.models import Q

from teams.models import Connection, OfTeam, Team

NO_LIMIT = 2**62
"""`most` of a budget that was removed. Its row stays: calls under way hold a part of it, and steps may wait for it."""


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
    tokens_per_minute = models.PositiveIntegerField(null=True)
    """None is no limit."""
    tokens_left = models.FloatField(db_default=0)
    """Of the minute's tokens, as of `filled_at`. A call takes its estimate and gives back what it did not use."""

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
    model = models.CharField(max_length=200, blank=True, db_default="")
    """What its calls go to since people chose a cheaper model; empty: the model that they ask for."""

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "budget"
        constraints = [
            models.UniqueConstraint("team", "subject", "unit", name="budget_subject"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="budget_reserved_not_negative"),
        ]


class Breaker(models.Model):
    """The circuit breaker of a connection that has failed (engine.breaker)."""

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="+")
    state = models.CharField(max_length=10)
    """closed, open or half_open."""
    failures = models.PositiveIntegerField()
    """In a row."""
    due_at = models.FloatField()
    """Until when its calls wait."""

    unscoped = models.Manager()
    objects = OfTeam("connection__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "breaker"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["closed", "open", "half_open"]), name="breaker_state_known"),
        ]
