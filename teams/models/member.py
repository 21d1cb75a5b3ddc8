"""Who is in a team, and as what."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from teams.models.scoping import TeamRow
from teams.policy import Role


class Member(TeamRow):
    """A person in a team with one role. A person's tokens hang on it and go with it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TeamRow.Meta):
        db_table = "member"
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="member_once_in_a_team"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="member_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
