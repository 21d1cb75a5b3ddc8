"""Where reviews wait."""

from django.db import models
from django.db.models.functions import Now

from reviews.policy import MOST_UNDO_SECONDS
from teams.models import Member, TeamRow


class Queue(TeamRow):
    """Its members decide its reviews, whatever their role. Unless it is restricted, every member of the team is one."""

    slug = models.SlugField(max_length=100)
    name = models.CharField(max_length=100)
    instructions = models.TextField(blank=True)
    is_restricted = models.BooleanField(default=False)
    members = models.ManyToManyField(Member, related_name="+", db_table="review_queue_member")
    undo_seconds = models.PositiveIntegerField(default=10)
    """For decisions on the page."""
    reason_required = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TeamRow.Meta):
        db_table = "review_queue"
        constraints = [
            models.UniqueConstraint(fields=["team", "slug"], name="review_queue_slug"),
            models.CheckConstraint(
                condition=models.Q(undo_seconds__lte=MOST_UNDO_SECONDS), name="review_queue_undo_limited"
            ),
        ]

    def __str__(self) -> str:
        return self.name
