"""What a connection's last test found, and which of the models its team chose."""

from django.db import models

from teams.models import Connection, OfTeam


class Offer(models.Model):
    """The models of one connection. A connection that was never tested has none."""

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="+")
    tested_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, db_default="")
    """Why the last test failed; empty: it worked."""
    found = models.JSONField(default=list)
    """What the provider said last: [{"name", "title", "context", "abilities"}...]. A test that fails leaves it as it was."""
    chosen = models.JSONField(default=list)
    """Names of the models that people pick from; empty: all of them."""

    unscoped = models.Manager()
    objects = OfTeam("connection__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "offer"
