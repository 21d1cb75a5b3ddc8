"""Results of steps that may be used again."""

from django.db import models

from teams.models import OfTeam, Team


class CachedResult(models.Model):
    """The result of a step whose node allows its reuse, by the digest of what it depends on."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    value = models.TextField()
    expires_at = models.FloatField()

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "cached_result"
        constraints = [models.UniqueConstraint("team", "key", name="cached_result_key")]
        indexes = [models.Index("expires_at", name="cached_result_expires")]
