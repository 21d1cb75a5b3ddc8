"""What can be run: workflows and their immutable versions."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from teams.models import OfTeam, Team


class Workflow(models.Model):
    """A named graph of a team. A hidden one holds the versions of files that the command line ran."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="workflows")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    is_hidden = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    """From now on nobody sees it; a day later the sweeper removes it for good, with its versions and runs."""
    keep_days = models.PositiveIntegerField(null=True)
    """Days for which finished runs are kept; None is for ever."""
    keep_failed_days = models.PositiveIntegerField(null=True)
    """The same for failed ones; None is as long as the others."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    unscoped = models.Manager()
    objects = OfTeam()

    class Meta:
        default_manager_name = "unscoped"
        db_table = "workflow"
        constraints = [models.UniqueConstraint("team", "slug", name="workflow_slug")]
        indexes = [models.Index("deleted_at", name="workflow_deleted", condition=Q(deleted_at__isnull=False))]


class Tag(models.Model):
    """A word by which people find a workflow."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=40)

    unscoped = models.Manager()
    objects = OfTeam("workflow__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "workflow_tag"
        ordering = ["name"]
        constraints = [models.UniqueConstraint("workflow", "name", name="workflow_tag_once")]


class Version(models.Model):
    """An immutable graph; worker processes keep it in memory. `layout` and `samples` are no part of the digest."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    layout = models.JSONField(default=dict)
    samples = models.JSONField(default=list)
    note = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    unscoped = models.Manager()
    objects = OfTeam("workflow__team")

    class Meta:
        default_manager_name = "unscoped"
        db_table = "version"
        constraints = [models.UniqueConstraint("workflow", "number", name="version_number")]
        indexes = [models.Index("workflow", "digest", name="version_digest")]
