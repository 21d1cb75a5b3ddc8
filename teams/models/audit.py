"""The audit log: who did what to a team's rights, secrets and rules. Rows are added, never changed or deleted.

It outlives the team and the people that it names, so its ids are no foreign keys. Triggers of the database refuse any
change but the one that links an entry into the chain (teams/audit_triggers.py).
"""

from typing import Any

from django.db import models

from teams.errors import Conflict
from teams.models.scoping import OfTeam


class LogIsAppendOnly(Conflict):
    """The audit log cannot be changed; add an entry that says what was wrong."""

    code = "log_is_append_only"


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Reads and adds; the model's layer of the promise."""

    def update(self, **values: Any) -> int:  # noqa: ARG002  # the signature is Django's
        raise LogIsAppendOnly

    def delete(self) -> tuple[int, dict[str, int]]:
        raise LogIsAppendOnly

    def link(self, *, number: int, digest: str) -> int:
        """Put these entries, unless they are in the chain already, at that place of it; how many there were."""
        return models.QuerySet.update(self.filter(link_number=None), link_number=number, digest=digest)


class AuditEntry(models.Model):
    """One thing that somebody did. `link_number` and `digest` are set once, by the chain."""

    team_id = models.BigIntegerField()
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    user_id = models.BigIntegerField(null=True)
    user_name = models.CharField(max_length=254)
    through = models.CharField(max_length=16)
    token_id = models.BigIntegerField(null=True)
    link_number = models.BigIntegerField(null=True, unique=True)
    digest = models.CharField(max_length=64, blank=True)

    unscoped = AppendOnly.as_manager()
    objects = OfTeam("team_id")

    class Meta:
        db_table = "audit_entry"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["team_id", "id"], name="audit_of_team")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(link_number=None, digest="") | models.Q(link_number__isnull=False, digest__gt=""),
                name="audit_linked_with_digest",
            )
        ]
