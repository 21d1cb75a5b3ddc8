"""Workflows and their versions. Of one team; what belongs to another is not found."""

from django.db.models import OuterRef, QuerySet, Subquery

from orchestrator.engine.values import BatonError
from orchestrator.models import Version, Workflow
from teams.errors import NotFound

MOST = 200


class WorkflowNotFound(BatonError, NotFound):
    """There is no such workflow in this team. List the workflows to find its slug."""

    code = "no_such_workflow"


class VersionNotFound(BatonError, NotFound):
    """There is no such version of a workflow in this team. List the workflow's versions."""

    code = "no_such_version"


def list_workflows(*, team: int, after: str, limit: int) -> list[Workflow]:
    """By slug, those after `after`; each with `newest`, the number of its newest version. Archived ones are left out."""
    found = _shown(team).filter(slug__gt=after, archived_at=None).order_by("slug").prefetch_related("tags")
    return list(found[: min(limit, MOST)])


def find_workflow(*, team: int, slug: str) -> Workflow:
    """With `newest`. Raises WorkflowNotFound."""
    found = _shown(team).filter(slug=slug).first()
    if found is None:
        raise WorkflowNotFound(f"There is no workflow {slug!r} in this team. List the workflows to find its slug.")
    return found


def workflow_of(*, team: int, workflow: int) -> Workflow:
    """By its id, with `newest`. Raises WorkflowNotFound."""
    found = _shown(team).filter(pk=workflow).first()
    if found is None:
        raise WorkflowNotFound
    return found


def slug_of(*, team: int, workflow: int) -> str:
    """The slug of a workflow, archived and deleted ones too. Raises WorkflowNotFound."""
    rows = Workflow.objects.of(team).filter(pk=workflow, is_hidden=False)
    found = rows.values_list("slug", flat=True).first()
    if found is None:
        raise WorkflowNotFound
    return found


def list_versions(*, team: int, slug: str, before: int | None, limit: int) -> list[Version]:
    """The newest first, without their documents. Raises WorkflowNotFound."""
    workflow = find_workflow(team=team, slug=slug)
    found = Version.objects.of(team).filter(workflow=workflow).select_related("author")
    if before is not None:
        found = found.filter(number__lt=before)
    return list(found.defer("document", "layout", "samples").order_by("-number")[: min(limit, MOST)])


def find_version(*, team: int, version: int) -> Version:
    """By its id, those of hidden workflows too, of deleted ones not. Raises VersionNotFound."""
    return _first(_versions(team).filter(pk=version, workflow__deleted_at=None), f"version {version}")


def version_of(*, team: int, slug: str, number: int | None = None) -> Version:
    """That version of a workflow, the newest where none is named. Raises WorkflowNotFound, VersionNotFound."""
    workflow = find_workflow(team=team, slug=slug)
    found = _versions(team).filter(workflow=workflow)
    if number is not None:
        found = found.filter(number=number)
    return _first(found.order_by("-number"), f"version {number or ''} of the workflow {slug!r}".replace("  ", " "))


def _versions(team: int) -> QuerySet[Version]:
    return Version.objects.of(team).select_related("workflow", "author")


def _first(found: QuerySet[Version], named: str) -> Version:
    version = found.first()
    if version is None:
        raise VersionNotFound(f"There is no {named} in this team. List the workflow's versions.")
    return version


def _shown(team: int) -> QuerySet[Workflow]:
    newest = Version.objects.of(team).filter(workflow=OuterRef("pk")).order_by("-number").values("number")[:1]
    return Workflow.objects.of(team).filter(is_hidden=False, deleted_at=None).annotate(newest=Subquery(newest))
