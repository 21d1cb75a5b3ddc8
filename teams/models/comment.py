"""What people of a team say to each other about something of the team."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from teams.models.scoping import TeamRow


class Comment(TeamRow):
    """`subject` names what it is about, such as run:12, as budgets and limits name theirs: the apps above know what that is
    and delete its comments with it. `place` is a part of it, such as the path of a step; empty: the whole."""

    subject = models.CharField(max_length=80)
    place = models.CharField(max_length=400, blank=True)
    text = models.TextField()
    mentions = models.JSONField(default=list)
    """Ids of the people whom it names with @, all of them members when it was written."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)

    class Meta(TeamRow.Meta):
        db_table = "comment"
        indexes = [models.Index(fields=["team", "subject", "id"], name="comment_of_subject")]
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="comment_not_empty")]

    def __str__(self) -> str:
        return f"{self.author_name} on {self.subject}"
