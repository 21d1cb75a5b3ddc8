"""What was answered under an Idempotency-Key, so that a repeated request gets the same answer and does nothing again."""

from django.db import models
from django.utils import timezone

from teams.models.scoping import TeamRow


class IdempotencyKey(TeamRow):
    """One key of a team with the request's digest and the answer; written in the transaction that did the work."""

    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TeamRow.Meta):
        db_table = "idempotency_key"
        constraints = [models.UniqueConstraint(fields=["team", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]
