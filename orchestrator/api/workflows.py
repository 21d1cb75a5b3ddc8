"""Reading workflows and their versions, and what is done to a workflow as a whole. (The builder's routes make and export
them: they know files.)"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema

from orchestrator.operations import arranging
from orchestrator.operations.arranging import Changes
from orchestrator.queries import workflows as queries
from orchestrator.schemas import (
    CopyIn,
    Limit,
    VersionOut,
    VersionWhole,
    WorkflowChanges,
    WorkflowOut,
    WorkflowWhole,
)
from teams.policy import Action
from teams.routes import Demanding, caller, repeatable

router = Router(tags=["workflows"])


class WorkflowPage(Schema):
    """Workflows by their slugs. `next` is the `after` of the next page."""

    items: list[WorkflowOut]
    next: str | None


class VersionPage(Schema):
    """Versions, the newest first. `next` is the `before` of the next page."""

    items: list[VersionOut]
    next: int | None


@router.get("/workflows", auth=Demanding(Action.see), response=WorkflowPage)
def list_workflows(request: HttpRequest, after: str = "", limit: Limit = 50) -> WorkflowPage:
    """The team's workflows."""
    found = queries.list_workflows(team=caller(request).team_id, after=after, limit=limit)
    following = found[-1].slug if len(found) == limit else None
    return WorkflowPage(items=[WorkflowOut.of(one) for one in found], next=following)


@router.get("/workflows/{slug}", auth=Demanding(Action.see), response=WorkflowWhole)
def get_workflow(request: HttpRequest, slug: str) -> WorkflowWhole:
    """A workflow with its newest version."""
    team = caller(request).team_id
    workflow = queries.find_workflow(team=team, slug=slug)
    whole = None
    if workflow.newest:  # type: ignore[attr-defined]  # annotated by the query
        whole = VersionWhole.whole(queries.version_of(team=team, slug=slug))
    return WorkflowWhole(**dict(WorkflowOut.of(workflow)), version=whole)


@router.patch("/workflows/{slug}", auth=Demanding(Action.edit_draft), response=WorkflowOut)
def edit_workflow(request: HttpRequest, slug: str, body: WorkflowChanges) -> WorkflowOut:
    """Another name, description or tags. The slug stays."""
    changes = Changes(name=body.name, description=body.description, tags=body.tags)
    return WorkflowOut.of(arranging.edit_workflow(by=caller(request), slug=slug, changes=changes, now=timezone.now()))


@router.post("/workflows/{slug}/duplicate", auth=Demanding(Action.publish), response={201: VersionOut})
def duplicate_workflow(request: HttpRequest, slug: str, body: CopyIn) -> HttpResponse:
    """A new workflow with a copy of the newest version."""

    def make() -> VersionOut:
        made = arranging.duplicate_workflow(by=caller(request), slug=slug, name=body.name, now=timezone.now())
        return VersionOut.of(made, slug=made.workflow.slug)

    return repeatable(request, make, status=HTTPStatus.CREATED)


@router.post("/workflows/{slug}/archive", auth=Demanding(Action.publish), response={204: None})
def archive_workflow(request: HttpRequest, slug: str) -> None:
    """Put it away: lists no longer show it and nothing starts it. Its runs stay."""
    arranging.archive(by=caller(request), slug=slug, now=timezone.now())


@router.post("/workflows/{slug}/restore", auth=Demanding(Action.publish), response={204: None})
def restore_workflow(request: HttpRequest, slug: str) -> None:
    """Bring back a workflow that was archived, or deleted less than a day ago."""
    arranging.restore(by=caller(request), slug=slug, now=timezone.now())


@router.delete("/workflows/{slug}", auth=Demanding(Action.delete_run), response={204: None})
def delete_workflow(request: HttpRequest, slug: str) -> None:
    """Delete it with its versions and its finished runs. For a day it can be restored; while runs are under way it is refused."""
    arranging.delete(by=caller(request), slug=slug, now=timezone.now())


@router.get("/workflows/{slug}/versions", auth=Demanding(Action.see), response=VersionPage)
def list_versions(request: HttpRequest, slug: str, before: int | None = None, limit: Limit = 50) -> VersionPage:
    """The versions of a workflow."""
    found = queries.list_versions(team=caller(request).team_id, slug=slug, before=before, limit=limit)
    following = found[-1].number if len(found) == limit else None
    return VersionPage(items=[VersionOut.of(one, slug=slug) for one in found], next=following)


@router.get("/workflows/{slug}/versions/{number}", auth=Demanding(Action.see), response=VersionWhole)
def get_version(request: HttpRequest, slug: str, number: int) -> VersionWhole:
    """A version with its graph."""
    return VersionWhole.whole(queries.version_of(team=caller(request).team_id, slug=slug, number=number))


@router.get("/versions/{version_id}", auth=Demanding(Action.see), response=VersionWhole)
def get_version_by_id(request: HttpRequest, version_id: int) -> VersionWhole:
    """A version by its id, unlisted ones too."""
    return VersionWhole.whole(queries.find_version(team=caller(request).team_id, version=version_id))
