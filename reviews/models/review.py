"""One question put to people: an output, a tool call, a plan, a budget, a form, an incident."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from orchestrator.contract.questions import Kind
from orchestrator.models import Budget, Question, Run, Version, Workflow
from orchestrator.models.step import PATH
from reviews.models.queue import Queue
from reviews.policy import State
from teams.models import TeamRow

_UNDECIDED = Q(verdict="", decided_at=None, apply_at=None, closed_at=None)
_DECIDED = Q(verdict__gt="", decided_at__isnull=False, apply_at__isnull=False, closed_at=None)


class Review(TeamRow):
    """There is one for each question of a step, so each round and each tool call has its own; and one that is live for each
    budget that is reached (`run` is then the first that was blocked). `row_version` counts every change of it: whoever
    decides may say which one they saw."""

    queue = models.ForeignKey(Queue, models.RESTRICT, related_name="reviews")
    run = models.ForeignKey(Run, models.CASCADE, related_name="reviews")
    question = models.OneToOneField(Question, models.CASCADE, null=True, related_name="review")
    budget = models.ForeignKey(Budget, models.CASCADE, null=True, related_name="reviews")
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    path = models.CharField(max_length=PATH)
    round = models.PositiveIntegerField()
    key = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    note = models.CharField(max_length=300, blank=True)
    """What the product has to say about it: that its queue does not exist, say."""
    body = models.TextField()
    """JSON text of the PersonQuestion: subject, schema, choices, context; as it was asked."""
    status = models.CharField(max_length=10, default=State.OPEN.value)
    row_version = models.PositiveIntegerField(default=1)
    verdict = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=100, blank=True)
    """Why it was withdrawn or closed without a vote."""
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    apply_at = models.DateTimeField(null=True)
    """When its undo window is over."""
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta(TeamRow.Meta):
        db_table = "review"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="review_kind_known"),
            models.CheckConstraint(
                condition=(Q(status__in=[State.OPEN.value, State.CONFLICT.value]) & _UNDECIDED)
                | (Q(status=State.DECIDED.value) & _DECIDED)
                | (Q(status=State.CLOSED.value, verdict__gt="", closed_at__isnull=False))
                | Q(status__in=[State.EXPIRED.value, State.WITHDRAWN.value], closed_at__isnull=False),
                name="review_state_complete",
            ),
            models.CheckConstraint(
                condition=Q(question__isnull=False, budget=None) | Q(question=None, budget__isnull=False),
                name="review_of_question_or_budget",
            ),
            models.UniqueConstraint(
                fields=["budget"],
                name="review_of_budget_once",
                condition=Q(status__in=[State.OPEN.value, State.CONFLICT.value, State.DECIDED.value]),
            ),
        ]
        indexes = [
            models.Index(fields=["team", "status", "id"], name="review_inbox"),
            models.Index(fields=["run", "path", "round", "key"], name="review_of_step"),
            models.Index(fields=["apply_at"], name="review_to_apply", condition=Q(status=State.DECIDED.value)),
        ]

    def __str__(self) -> str:
        return self.title
