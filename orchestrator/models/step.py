"""The steps of a run, the scopes of its containers, and what its steps ask."""

from django.db import models
from django.db.models import Q

from orchestrator.models.run import Run
from teams.models import OfTeam

PATH = 400


class Step(models.Model):
    """The columns are those of engine.state.Step, and times."""

    run = models.ForeignKey(Run, models.CASCADE, db_index=False)
    path = models.CharField(max_length=PATH)
    node = models.CharField(max_length=PATH)
    scope = models.CharField(max_length=PATH)
    queue = models.CharField(max_length=30)
    quick = models.BooleanField()
    status = models.CharField(max_length=12)
    reason = models.CharField(max_length=40)
    attempt = models.PositiveIntegerField(db_default=0)
    round = models.PositiveIntegerField(db_default=1)
    tries = models.PositiveIntegerField(db_default=0)
    crashes = models.PositiveIntegerField(db_default=0)
    worker = models.BigIntegerField(null=True)
    undecided = models.PositiveIntegerField(db_default=0)
    live = models.PositiveIntegerField(db_default=0)
    inner_open = models.IntegerField(db_default=0)
    inner_busy = models.IntegerField(db_default=0)
    inner_failures = models.IntegerField(db_default=0)
    begun = models.BooleanField(db_default=False)
    asks = models.BooleanField(db_default=False)
    ports = models.TextField(null=True)
    input = models.TextField(null=True)
    output = models.TextField(null=True)
    original = models.TextField(null=True)
    error = models.TextField(null=True)
    round_at = models.FloatField(null=True)
    """When the round was first claimed: `ctx.now`."""
    started_at = models.FloatField(null=True)
    finished_at = models.FloatField(null=True)
    deadline_at = models.FloatField(null=True)

    unscoped = models.Manager()
    objects = OfTeam("run__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "step"
        constraints = [models.UniqueConstraint("run", "path", name="step_path")]
        indexes = [
            models.Index("run", "queue", "id", name="step_ready", condition=Q(status="ready")),
            models.Index("worker", name="step_held", condition=Q(status="running")),
            models.Index("run", "scope", "id", name="step_scope", condition=~Q(scope="")),
        ]


class Scope(models.Model):
    """The items of one round of a container; the columns are those of engine.state.Scope."""

    run = models.ForeignKey(Run, models.CASCADE, db_index=False)
    path = models.CharField(max_length=PATH)
    container = models.CharField(max_length=PATH)
    round = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    cap = models.PositiveIntegerField()
    stop_on_error = models.BooleanField()
    next = models.PositiveIntegerField()
    open = models.IntegerField()
    active = models.IntegerField()
    done = models.IntegerField()
    failed = models.IntegerField()
    is_closed = models.BooleanField()
    items = models.TextField()
    """The list as JSON text: SQL cuts the items out of it."""

    unscoped = models.Manager()
    objects = OfTeam("run__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "scope"
        constraints = [models.UniqueConstraint("run", "path", name="scope_path")]


class Question(models.Model):
    """What a step asked under a key of its round: people, a timer, an event, a slot, a budget, a scope. Answered once."""

    run = models.ForeignKey(Run, models.CASCADE, db_index=False)
    path = models.CharField(max_length=PATH)
    round = models.PositiveIntegerField()
    key = models.CharField(max_length=300)
    kind = models.CharField(max_length=12)
    status = models.CharField(max_length=10)
    """open, answered or withdrawn."""
    waited = models.BooleanField()
    body = models.TextField()
    answer = models.TextField(null=True)
    event = models.CharField(max_length=300, null=True)
    due_at = models.FloatField(null=True)
    created_at = models.FloatField()
    answered_at = models.FloatField(null=True)

    unscoped = models.Manager()
    objects = OfTeam("run__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "question"
        constraints = [models.UniqueConstraint("run", "path", "round", "key", name="question_key")]
        indexes = [
            models.Index("due_at", name="question_due", condition=Q(status="open", due_at__isnull=False)),
            models.Index("event", name="question_event", condition=Q(status="open", event__isnull=False)),
        ]
