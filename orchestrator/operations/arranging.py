"""What happens to a workflow as a whole: it gets another name, is copied, put away, brought back, deleted.

Deleting only hides it; a day later the sweeper removes it with its runs (orchestrator.operations.deleting).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from orchestrator.engine.values import BatonError
from orchestrator.models import Run, Version, Workflow
from orchestrator.operations.tags import set_tags
from orchestrator.operations.workflows import LONGEST_NAME, NewVersion, create_workflow
from orchestrator.queries.workflows import WorkflowNotFound, find_workflow, version_of
from teams.audit import record
from teams.callers import Caller
from teams.errors import Conflict, WrongInput
from teams.policy import Action
from teams.values import clean


class WrongName(BatonError, WrongInput):
    """A workflow needs a name of at most 200 characters."""

    code = "wrong_name"


class RunsUnderWay(BatonError, Conflict):
    """Runs of this workflow have not ended. Wait for them or cancel them, then delete it; or archive it."""

    code = "runs_under_way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be changed; None stays as it is."""

    name: str | None = None
    description: str | None = None
    tags: Sequence[str] | None = None


def edit_workflow(*, by: Caller, slug: str, changes: Changes, now: datetime) -> Workflow:
    """Another name, description or tags; the slug stays. Raises WorkflowNotFound, WrongName, WrongTags, NotAllowed."""
    by.demand(Action.edit_draft)
    with transaction.atomic():
        workflow = find_workflow(team=by.team_id, slug=slug)
        before = workflow.name
        if changes.name is not None:
            workflow.name = _checked_name(changes.name)
        if changes.description is not None:
            workflow.description = clean(changes.description).strip()
        workflow.save(update_fields=["name", "description"])
        set_tags(workflow=workflow, tags=changes.tags)
        data = {"name": workflow.name, "earlier_name": before}
        record(by=by, action="workflow.edited", subject=slug, data=data, now=now)
    return workflow


def duplicate_workflow(*, by: Caller, slug: str, name: str, now: datetime) -> Version:
    """A new workflow with a copy of the newest version. Raises WorkflowNotFound, VersionNotFound, WrongName, NotAllowed."""
    by.demand(Action.publish)
    version = version_of(team=by.team_id, slug=slug)
    new = NewVersion(
        name=_checked_name(name),
        document=version.document,
        digest=version.digest,
        description=version.workflow.description,
        note=f"Copied from version {version.number} of {version.workflow.name}",
        layout=version.layout,
        samples=version.samples,
        tags=list(version.workflow.tags.values_list("name", flat=True)),
    )
    return create_workflow(by=by, new=new, now=now)


def archive(*, by: Caller, slug: str, now: datetime) -> Workflow:
    """Put it away: lists no longer show it and nothing starts it; its runs stay. Raises WorkflowNotFound, NotAllowed."""
    by.demand(Action.publish)
    with transaction.atomic():
        workflow = find_workflow(team=by.team_id, slug=slug)
        Workflow.objects.of(by.team_id).filter(pk=workflow.pk, archived_at=None).update(archived_at=now)
        record(by=by, action="workflow.archived", subject=slug, data={}, now=now)
    return workflow


def delete(*, by: Caller, slug: str, now: datetime) -> Workflow:
    """Hide it; a day later it is removed with its runs. Raises WorkflowNotFound, RunsUnderWay, NotAllowed."""
    by.demand(Action.delete_run)
    with transaction.atomic():
        workflow = find_workflow(team=by.team_id, slug=slug)
        if Run.objects.of(by.team_id).filter(version__workflow=workflow, finished_at=None).exists():
            raise RunsUnderWay
        Workflow.objects.of(by.team_id).filter(pk=workflow.pk).update(deleted_at=now)
        record(by=by, action="workflow.deleted", subject=slug, data={}, now=now)
    return workflow


def restore(*, by: Caller, slug: str, now: datetime) -> Workflow:
    """Bring it back: a deleted one as it was, an archived one into the lists. Raises WorkflowNotFound, NotAllowed."""
    by.demand(Action.publish)
    with transaction.atomic():
        rows = Workflow.objects.of(by.team_id).select_for_update(of=("self",)).filter(slug=slug, is_hidden=False)
        workflow = rows.first()
        if workflow is None:
            raise WorkflowNotFound(f"There is no workflow {slug!r} in this team, or it was removed for good.")
        if workflow.deleted_at:
            workflow.deleted_at = None
        else:
            workflow.archived_at = None
        workflow.save(update_fields=["deleted_at", "archived_at"])
        record(by=by, action="workflow.restored", subject=slug, data={}, now=now)
    return workflow


def _checked_name(given: str) -> str:
    name = " ".join(clean(given).split())
    if not name or len(name) > LONGEST_NAME:
        raise WrongName
    return name
