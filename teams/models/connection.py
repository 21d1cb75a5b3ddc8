"""Credentials of a team to model vendors and outside systems: what is open as JSON, what is secret sealed."""

import uuid

from django.db import models
from django.utils import timezone

from teams.models.scoping import TeamRow


class Connection(TeamRow):
    """A credential to one provider. `aliases` maps `fast`, `strong`, `default` to the provider's models."""

    name = models.CharField(max_length=100)
    provider = models.CharField(max_length=60)
    settings = models.JSONField(default=dict)
    aliases = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)
    max_concurrency = models.PositiveIntegerField(null=True)
    requests_per_minute = models.PositiveIntegerField(null=True)
    tokens_per_minute = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta(TeamRow.Meta):
        db_table = "connection"
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="connection_name"),
            models.UniqueConstraint(
                fields=["team"], condition=models.Q(is_default=True), name="connection_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.provider})"


class Secret(TeamRow):
    """One sealed value of a connection. Its id is made before it is sealed, because it is sealed for this row alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=60)
    key_id = models.CharField(max_length=12)
    sealed = models.BinaryField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta(TeamRow.Meta):
        db_table = "secret"
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="secret_name")]
        indexes = [models.Index(fields=["key_id"], name="secret_key")]
