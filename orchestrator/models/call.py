"""The journal of calls, and the ledger of what they cost."""

from django.db import models
from django.db.models import Q

from orchestrator.models.run import Run
from orchestrator.models.step import PATH
from teams.models import OfTeam, Team


class Call(models.Model):
    """One model or tool call, or one undetermined value, under a key of a step's round. Its outcome answers a replay."""

    run = models.ForeignKey(Run, models.CASCADE, db_index=False)
    path = models.CharField(max_length=PATH)
    round = models.PositiveIntegerField()
    key = models.CharField(max_length=300)
    kind = models.CharField(max_length=8)
    """model, tool or value."""
    target = models.CharField(max_length=200)
    """The model or the tool."""
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=8)
    """started, done, failed, or lost (nobody will end it)."""
    attempt = models.PositiveIntegerField()
    is_idempotent = models.BooleanField()
    drifted = models.BooleanField(db_default=False)
    request = models.TextField()
    """Parameters with the list of the messages' hashes."""
    outcome = models.TextField(null=True)
    error = models.TextField(null=True)
    usage = models.TextField(null=True)
    cost = models.BigIntegerField(null=True)
    holds = models.TextField(db_default="[]")
    """What it reserved: [[budget id, amount]...] and the slots [limit id...], given back when it ends."""
    started_at = models.FloatField()
    ended_at = models.FloatField(null=True)

    unscoped = models.Manager()
    objects = OfTeam("run__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "call"
        constraints = [models.UniqueConstraint("run", "path", "round", "key", name="call_key")]
        indexes = [models.Index("run", name="call_started", condition=Q(status="started"))]


class LedgerEntry(models.Model):
    """What one call cost, with the price of that day. Money is micro-dollars; an unknown price leaves the cost empty."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    """None once the run is deleted: what was paid stays."""
    path = models.CharField(max_length=PATH)
    round = models.PositiveIntegerField()
    key = models.CharField(max_length=300)
    attempt = models.PositiveIntegerField()
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    tokens_in = models.PositiveIntegerField(db_default=0)
    tokens_cached = models.PositiveIntegerField(db_default=0)
    tokens_written = models.PositiveIntegerField(db_default=0)
    """Into the vendor's cache."""
    tokens_out = models.PositiveIntegerField(db_default=0)
    cost = models.BigIntegerField(null=True)
    price = models.TextField(db_default="null")
    outcome = models.CharField(max_length=16)
    """done, wasted (the result came too late), failed (it could not be kept), or possibly_billed (nobody knows)."""
    is_estimate = models.BooleanField(db_default=False)
    """Whether tokens and cost are ours: the vendor told none, or nobody knows whether it answered."""
    at = models.FloatField()

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "ledger"
        indexes = [models.Index("team", "at", name="ledger_team_at")]
