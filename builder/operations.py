"""What the pages of workflows do: use a template, import a file, start a run from the form. Each once, however often a button
is clicked: the form names a key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from builder.publishing import new_version
from builder.templates import version_of_template
from orchestrator.engine.values import Json
from orchestrator.models import Version
from orchestrator.operations import starting, workflows
from orchestrator.operations.starting import Wanted
from teams.callers import Caller
from teams.idempotency import once, request_digest
from teams.policy import Action

KEEP, REPLACE = "keep", "replace"
"""What is to become of the team's tables that a template or a file brings with other rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A workflow, and the number of its version that was published."""

    workflow: int
    name: str
    number: int


def use_template(*, by: Caller, name: str, tables: str, key: str, now: datetime) -> Made:
    """A workflow of the team made from a template, with its tables and samples. Raises TemplateNotFound, TableDiffers,
    NotAllowed."""
    by.demand(Action.publish)
    new = version_of_template(name=name, replaces_tables=tables == REPLACE, keeps_tables=tables == KEEP)
    return _made(by, f"use {name} {key}", key, now, lambda: workflows.create_workflow(by=by, new=new, now=now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file to import: as a new workflow, or as the next version of the one with that slug."""

    text: str
    slug: str = ""
    replaces_tables: bool = False
    key: str = ""


def import_workflow(*, by: Caller, given: Given, now: datetime) -> Made:
    """Store a workflow file. Raises WrongWorkflow with everything that is wrong, TableDiffers, WorkflowNotFound,
    NotAllowed; then nothing was changed."""
    by.demand(Action.publish)
    new = new_version(given.text, base=None, note="Imported", replaces_tables=given.replaces_tables)

    def store() -> Version:
        if given.slug:
            return workflows.publish_version(by=by, slug=given.slug, new=new, now=now)
        return workflows.create_workflow(by=by, new=new, now=now)

    return _made(by, given.text + given.slug, given.key, now, store)


def start_once(*, by: Caller, wanted: Wanted, key: str, now: datetime) -> int:
    """The id of the run; of the one that was started first where the form was sent twice. Raises what start_run raises."""
    by.demand(Action.start_run)
    return int(_once(by, f"start {wanted.version.pk}", key, now, lambda: starting.start_run(by=by, wanted=wanted)))


def _made(by: Caller, what: str, key: str, now: datetime, make: Callable[[], Version]) -> Made:
    def kept() -> Json:
        version = make()
        return {"workflow": version.workflow_id, "name": version.workflow.name, "number": version.number}

    found = _once(by, what, key, now, kept)
    return Made(workflow=found["workflow"], name=found["name"], number=found["number"])


def _once(by: Caller, what: str, key: str, now: datetime, make: Callable[[], Json]) -> Json:
    digest = request_digest(caller=f"{by.user_id}", method="page", path=what, body=b"")
    return once(team_id=by.team_id, key=f"page:{key}" if key else None, digest=digest, make=make, now=now).value
