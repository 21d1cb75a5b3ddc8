"""Workflows: make one, publish a version, keep an unlisted version of a file that the command line runs.

A version is immutable. Its document is checked here whoever wrote it; its digest comes from whoever read the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from orchestrator import facts, registry
from orchestrator.contract.catalogue import Types
from orchestrator.engine.notices import VersionPublished
from orchestrator.engine.problem import Severity
from orchestrator.engine.problems import find_problems
from orchestrator.engine.queues import queues_named
from orchestrator.engine.values import BatonError, Json, JsonObject
from orchestrator.models import Version, Workflow
from orchestrator.operations.tags import set_tags
from orchestrator.queries.workflows import find_workflow
from teams.audit import record
from teams.callers import Caller
from teams.errors import Conflict, WrongInput
from teams.models import Table, TableRow, Team
from teams.operations.tables import import_table
from teams.policy import Action
from teams.records import checked_rows, folded

HIDDEN = "unlisted"
RESERVED = frozenset({HIDDEN, "import", "validate"})
"""Words of addresses, so no slugs."""
LONGEST_NAME, LONGEST_SLUG = 200, 80


class WrongWorkflow(BatonError, WrongInput):
    """The workflow has errors. Correct them and publish it again."""

    code = "wrong_workflow"


class SlugTaken(BatonError, Conflict):
    """The team has a workflow with this slug. Choose another slug, or publish a version of that workflow."""

    code = "slug_taken"


class TableDiffers(BatonError, Conflict):
    """The team has a table with this name and other rows. Rename the table in the file, or replace the team's."""

    code = "table_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """What is to be published. `tables` are rows by the table's name; where the team has such a table with other rows,
    `replaces_tables` says that they are to be replaced."""

    name: str
    document: JsonObject
    digest: str
    description: str = ""
    note: str = ""
    layout: JsonObject = field(default_factory=dict)
    samples: Sequence[JsonObject] = ()
    tables: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    replaces_tables: bool = False
    tags: Sequence[str] | None = None
    """None: those that the workflow has."""


def create_workflow(*, by: Caller, new: NewVersion, slug: str = "", now: datetime) -> Version:
    """A workflow with its first version. Without a slug it gets one made from its name. Raises WrongWorkflow, SlugTaken,
    TableDiffers, NotAllowed."""
    by.demand(Action.publish)
    check(name=new.name, document=new.document)
    with transaction.atomic():
        _lock(by)
        wanted = slug or _free_slug(by, new.name)
        if wanted in RESERVED or Workflow.objects.of(by.team_id).filter(slug=wanted).exists():
            raise SlugTaken(
                f"The team has, or had until a day ago, a workflow {wanted!r}. Choose another slug, or publish a version of it."
            )
        workflow = Workflow(
            team_id=by.team_id,
            slug=wanted,
            name=new.name.strip(),
            description=new.description,
            created_by_id=by.user_id,
        )
        workflow.save(force_insert=True)
        set_tags(workflow=workflow, tags=new.tags)
        return _publish(by, workflow, new, now)


def publish_version(*, by: Caller, slug: str, new: NewVersion, now: datetime) -> Version:
    """The next version of a workflow, or the newest where nothing differs. Raises WorkflowNotFound, WrongWorkflow,
    TableDiffers, NotAllowed."""
    by.demand(Action.publish)
    check(name=new.name, document=new.document)
    with transaction.atomic():
        _lock(by)
        workflow = find_workflow(team=by.team_id, slug=slug)
        values = {"name": new.name.strip(), "description": new.description}
        Workflow.objects.of(by.team_id).filter(pk=workflow.pk).update(**values)
        set_tags(workflow=workflow, tags=new.tags)
        return _publish(by, workflow, new, now)


def unlisted_version(*, by: Caller, new: NewVersion, now: datetime) -> Version:
    """A version on the team's hidden workflow, found again by its digest: a file that somebody runs without publishing it.
    Raises WrongWorkflow, TableDiffers, NotAllowed."""
    by.demand(Action.start_test_run)
    check(name=new.name, document=new.document)
    with transaction.atomic():
        _lock(by)
        _import_tables(by, new, now)
        workflow = Workflow.objects.of(by.team_id).filter(slug=HIDDEN, is_hidden=True).first()
        if workflow is None:
            workflow = Workflow.objects.create(team_id=by.team_id, slug=HIDDEN, name="Unlisted", is_hidden=True)
        same = Version.objects.of(by.team_id).filter(workflow=workflow, digest=new.digest, note=new.name)
        found = same.select_related("workflow").first()
        return found or _version(by, workflow, new, note=new.name)


def check(*, name: str, document: Json) -> None:
    """Raises WrongWorkflow with every error of the document."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise WrongWorkflow(f"A workflow needs a name of at most {LONGEST_NAME} characters.")
    catalogue = Types(nodes=registry.node_types(), tools=registry.tool_types())
    found = [one for one in find_problems(document, catalogue) if one.severity is Severity.ERROR]
    if found:
        told = [{"node": one.node, "field": one.field, "code": one.code, "message": one.message} for one in found]
        text = "; ".join(f"{one.node or 'the workflow'}: {one.message}" for one in found[:5])
        raise WrongWorkflow(f"The workflow has {len(found)} errors. {text}", problems=told)


def _lock(by: Caller) -> None:
    """One publishing at a time in a team, so that numbers and slugs are given once."""
    Team.objects.select_for_update().get(pk=by.team_id)


def _free_slug(by: Caller, name: str) -> str:
    base = slugify(name)[: LONGEST_SLUG - 10] or "workflow"
    taken = set(Workflow.objects.of(by.team_id).filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def _publish(by: Caller, workflow: Workflow, new: NewVersion, now: datetime) -> Version:
    _import_tables(by, new, now)
    newest = (
        Version.objects.of(by.team_id).filter(workflow=workflow).select_related("workflow").order_by("-number").first()
    )
    if newest and _is_same(newest, new):
        return newest
    version = _version(by, workflow, new, note=new.note)
    data = {"number": version.number, "digest": version.digest, "note": version.note}
    record(by=by, action="version.published", subject=workflow.slug, data=data, now=now)
    facts.tell_published(VersionPublished(team=by.team_id, queues=frozenset(queues_named(new.document))))
    return version


def _is_same(version: Version, new: NewVersion) -> bool:
    beside = (version.layout, version.samples)
    return version.digest == new.digest and beside == (dict(new.layout), _plain(new.samples))


def _version(by: Caller, workflow: Workflow, new: NewVersion, *, note: str) -> Version:
    last = Version.objects.of(by.team_id).filter(workflow=workflow).order_by("-number").values_list("number", flat=True)
    version = Version(
        workflow=workflow,
        number=(last.first() or 0) + 1,
        document=dict(new.document),
        digest=new.digest,
        layout=dict(new.layout),
        samples=_plain(new.samples),
        note=note,
        author_id=by.user_id,
    )
    version.save(force_insert=True)
    return version


def _plain(samples: Sequence[JsonObject]) -> list[Json]:
    return [dict(sample) for sample in samples]


def _import_tables(by: Caller, new: NewVersion, now: datetime) -> None:
    """The tables that the workflow brings. One that the team has with the same rows stays as it is."""
    present = {folded(table.name): table for table in Table.objects.of(by.team_id)} if new.tables else {}
    for name, rows in new.tables.items():
        table = present.get(folded(name))
        if table is not None and _has_rows(table, rows):
            continue
        if table is not None and not new.replaces_tables:
            text = f"The team has a table {table.name!r} with other rows. Rename it in the file, or ask to replace the team's."
            raise TableDiffers(text, table=table.name)
        import_table(by=by, name=table.name if table else name, rows=rows, now=now)


def _has_rows(table: Table, rows: Sequence[JsonObject]) -> bool:
    _, wanted = checked_rows(rows)
    if table.row_count != len(wanted):
        return False
    stored = TableRow.objects.of(table.team_id).filter(table=table).order_by("position").values_list("data", flat=True)
    return list(stored) == wanted
