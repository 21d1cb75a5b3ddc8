"""Files that people and tools bring into a run."""

from django.db import models
from django.db.models import Q

from orchestrator.models.run import Run
from teams.models import OfTeam, Team


class RunFile(models.Model):
    """An upload, referred to as file:<id>. It belongs to a run once the run was started with it."""

    id = models.UUIDField(primary_key=True)
    team = models.ForeignKey(Team, models.CASCADE, related_name="files")
    run = models.ForeignKey(Run, models.CASCADE, null=True, related_name="files")
    name = models.CharField(max_length=200)
    """As the person named it; where it is stored is the server's choice."""
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    stored = models.FileField(upload_to="files/%Y/%m")
    created_at = models.DateTimeField(auto_now_add=True)
    is_doomed = models.BooleanField(db_default=False)
    """Nobody sees it any more; its content is removed from the storage, then its row."""

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "run_file"
        indexes = [
            models.Index("created_at", name="run_file_unused", condition=Q(run=None)),
            models.Index("id", name="run_file_doomed", condition=Q(is_doomed=True)),
        ]
