"""The processes of the cluster: who is alive, and who may sweep next."""

from django.db import models


class Worker(models.Model):
    """A process that holds steps; they are taken back when it is not seen for 20 seconds."""

    id = models.BigIntegerField(primary_key=True)
    slot = models.CharField(max_length=40)
    seen_at = models.FloatField()

    class Meta:
        db_table = "worker"


class Tick(models.Model):
    """One row: when the next process of the cluster may sweep."""

    due = models.FloatField()

    class Meta:
        db_table = "tick"
