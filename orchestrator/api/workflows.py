"""Reading workflows and their versions. (The builder's routes make and export them: they know files.)"""

from django.http import HttpRequest
from ninja import Router, Schema

from orchestrator.queries import workflows as queries
from orchestrator.schemas import Limit, VersionOut, VersionWhole, WorkflowOut, WorkflowWhole
from teams.policy import Action
from teams.routes import Demanding, caller

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
