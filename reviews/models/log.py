"""What was done about a review, by whom and from where. Rows are added, never changed: triggers refuse it (log_triggers)."""

from django.db import models
from django.db.models.functions import Now

from reviews.models.review import Review
from teams.models import OfTeam


class ReviewLog(models.Model):
    """One act. Nobody's id: the product acted. Rows go only with their review."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="log")
    at = models.DateTimeField(db_default=Now())
    act = models.CharField(max_length=20)
    source = models.CharField(max_length=10)
    user_id = models.BigIntegerField(null=True)
    user_name = models.CharField(max_length=254, blank=True)
    token_id = models.BigIntegerField(null=True)
    version_id = models.BigIntegerField()
    """The workflow's version at that time."""
    verdict = models.CharField(max_length=100, blank=True)
    hash_before = models.CharField(max_length=64, blank=True)
    hash_after = models.CharField(max_length=64, blank=True)
    """SHA-256 of what was asked about, and of what goes on in its place."""
    reason_code = models.CharField(max_length=100, blank=True)
    comment = models.TextField(blank=True)

    unscoped = models.Manager()
    objects = OfTeam("review__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "review_log"
