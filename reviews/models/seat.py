"""Who works on a review, and what they decided. A review has as many seats as its policy wants votes: one.

The database knows one claim and one vote in force per seat: two people who race cannot both have it.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from reviews.models.review import Review
from teams.models import OfTeam


class Claim(models.Model):
    """A person's hold on a review, beside its state; it lapses by itself."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="claims")
    seat = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=254)
    claimed_at = models.DateTimeField()
    until = models.DateTimeField()

    unscoped = models.Manager()
    objects = OfTeam("review__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "review_claim"
        constraints = [
            models.UniqueConstraint("review", "seat", name="review_claim_seat"),
            models.UniqueConstraint("review", "user", name="review_claim_once"),
        ]


class Vote(models.Model):
    """What one person decided. A vote that was undone stays, and is no longer in force."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="votes")
    seat = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=254)
    verdict = models.CharField(max_length=100)
    value = models.TextField(null=True)
    """The edited output or arguments, or the filled form, as JSON text."""
    port = models.CharField(max_length=100, blank=True, db_default="")
    """Of a step that is skipped: the port that it takes; empty: out."""
    comment = models.TextField(blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=10)
    cast_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)

    unscoped = models.Manager()
    objects = OfTeam("review__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "review_vote"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "seat"], name="review_vote_seat", condition=Q(undone_at__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["review", "user"], name="review_vote_once", condition=Q(undone_at__isnull=True)
            ),
        ]
