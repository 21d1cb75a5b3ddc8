"""Events from outside, kept for steps that will wait for them."""

from django.db import models

from teams.models import OfTeam, Team


class DeliveredEvent(models.Model):
    """The newest of its name and correlation key. A run that had begun by then hears it, should one of its steps wait later."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    event = models.CharField(max_length=300)
    payload = models.TextField()
    at = models.FloatField()

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "delivered_event"
        constraints = [models.UniqueConstraint("team", "event", name="delivered_event_newest")]
        indexes = [models.Index("at", name="delivered_event_at")]
