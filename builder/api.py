"""REST routes that know workflow files: make a workflow or publish a version from a file or a document, get a file back.

Each parses, makes one call of orchestrator's operations, answers. A file comes as YAML (`Content-Type: application/yaml`) or
inside JSON, without its folder: its tables are written into it. Two routes share their addresses with routes that read, so
they stand on the router of those.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated

import pydantic
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from ninja import Query, Router, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from builder.portable_problems import validate
from builder.publishing import digest_of, exported, new_version, with_revisions
from builder.schema import workflow_schema
from orchestrator.api.workflows import router as reading
from orchestrator.engine.values import BatonError, Json
from orchestrator.models import Version
from orchestrator.operations import workflows
from orchestrator.operations.workflows import NewVersion
from orchestrator.queries.workflows import WorkflowNotFound
from orchestrator.schemas import Given, VersionOut
from teams.callers import Caller
from teams.errors import WrongInput
from teams.parser import storable_json
from teams.policy import Action
from teams.routes import Demanding, caller, repeatable

router = Router(tags=["workflows"])
"""Comes before the routes that read: `import` is no slug."""
YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"})


class NoWorkflow(BatonError, WrongInput):
    """Send a workflow file as YAML (Content-Type: application/yaml), or JSON with either `file` or `document` and `name`."""

    code = "no_workflow"


class WorkflowIn(Given):
    """A workflow: its file's text, or its document as versions hold it. `replace_tables`: the team's tables of the same
    names become those of the file."""

    file: str | None = None
    name: str = ""
    description: str = ""
    document: dict[str, Json] | None = None
    slug: str = Field(default="", max_length=80, pattern=r"^[a-z0-9][a-z0-9-]*$|^$")
    note: str = Field(default="", max_length=2000)
    replace_tables: bool = False


class Stored(VersionOut):
    """A stored version. `version` is its id again, for who starts a run of it; `slug` the workflow's."""

    version: int
    slug: str

    @classmethod
    def version_of(cls, version: Version) -> "Stored":
        slug = version.workflow.slug
        return cls(**dict(VersionOut.of(version, slug=slug)), version=version.pk, slug=slug)


class FaultOut(Schema):
    """One thing that is wrong with a file, with its place."""

    line: int
    key: str
    code: str
    message: str
    is_hint: bool


class Validated(Schema):
    """Whether a file can be run, and everything that is wrong or odd."""

    is_valid: bool
    problems: list[FaultOut]


_FILE = {"requestBody": {"content": {"application/yaml": {"schema": {"type": "string"}}, "application/json": {}}}}


@reading.post("/workflows", auth=Demanding(Action.publish), response={201: Stored}, openapi_extra=_FILE)
def create_workflow(request: HttpRequest) -> HttpResponse:
    """Make a workflow with its first version, from a file or a document."""
    given = _given(request)

    def make(by: Caller) -> Version:
        return workflows.create_workflow(by=by, new=_new(given), slug=given.slug, now=timezone.now())

    return _stored(request, make)


@router.post("/workflows/import", auth=Demanding(Action.publish), response={201: Stored}, openapi_extra=_FILE)
def import_workflow(request: HttpRequest) -> HttpResponse:
    """Store a file as the next version of the workflow of its name, or as a new workflow."""
    given = _given(request)
    new = _new(given)
    slug = given.slug or _slug(new.name)

    def make(by: Caller) -> Version:
        try:
            return workflows.publish_version(by=by, slug=slug, new=new, now=timezone.now())
        except WorkflowNotFound:
            return workflows.create_workflow(by=by, new=new, slug=slug, now=timezone.now())

    return _stored(request, make)


@router.post("/workflows/unlisted", auth=Demanding(Action.start_test_run), response={201: Stored}, openapi_extra=_FILE)
def store_unlisted(request: HttpRequest) -> HttpResponse:
    """Store a file to be run without being published: no list shows it."""
    given = _given(request)
    return _stored(request, lambda by: workflows.unlisted_version(by=by, new=_new(given), now=timezone.now()))


@router.post("/workflows/validate", auth=Demanding(Action.see), response=Validated, openapi_extra=_FILE)
def validate_file(request: HttpRequest) -> Validated:
    """Everything that is wrong with a file, all at once; nothing is stored."""
    found = validate(_given(request).file or "", base=None)
    shown = [
        FaultOut(line=one.line, key=one.key, code=one.code, message=one.text, is_hint=one.is_hint) for one in found
    ]
    return Validated(is_valid=all(one.is_hint for one in found), problems=shown)


@reading.post("/workflows/{slug}/versions", auth=Demanding(Action.publish), response={201: Stored}, openapi_extra=_FILE)
def publish_version(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish the next version of a workflow; where nothing differs from the newest one, that is the answer."""
    given = _given(request)

    def make(by: Caller) -> Version:
        return workflows.publish_version(by=by, slug=slug, new=_new(given), now=timezone.now())

    return _stored(request, make)


@router.get("/workflows/{slug}/export", auth=Demanding(Action.see), response={200: str})
def export_workflow(
    request: HttpRequest,
    slug: str,
    number: int | None = None,
    tables: Annotated[list[str], Query()] = [],  # noqa: B006
) -> HttpResponse:
    """A version as a file, the newest where none is named. Rows of tables are in it only where `tables` asks for them:
    they may be about people."""
    text = exported(team=caller(request).team_id, slug=slug, number=number, tables=tables)
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.yaml"'
    return response


@router.get("/workflow.schema.json", auth=Demanding(Action.see), response={200: dict})
def file_schema(request: HttpRequest) -> Mapping[str, Json]:  # noqa: ARG001  # ninja's signature
    """The JSON Schema of workflow files, for editors."""
    return workflow_schema()


def _stored(request: HttpRequest, make: Callable[[Caller], Version]) -> HttpResponse:
    by = caller(request)
    return repeatable(request, lambda: Stored.version_of(make(by)), status=HTTPStatus.CREATED)


def _given(request: HttpRequest) -> WorkflowIn:
    try:
        if (request.content_type or "").lower() not in YAML:
            return WorkflowIn.model_validate(storable_json(request.body))
        replaces = request.GET.get("replace_tables") in ("1", "true")
        return WorkflowIn(file=request.body.decode(), slug=request.GET.get("slug", ""), replace_tables=replaces)
    except UnicodeDecodeError:
        raise NoWorkflow("The file is not UTF-8. Save it as UTF-8 and send it again.") from None
    except pydantic.ValidationError as error:
        raise ValidationError([{"loc": one["loc"], "msg": one["msg"]} for one in error.errors()]) from None
    except ValueError:
        raise HttpError(
            HTTPStatus.BAD_REQUEST, "The request is no JSON. Send JSON, or YAML as application/yaml."
        ) from None


def _new(given: WorkflowIn) -> NewVersion:
    """Raises NoWorkflow, and WrongWorkflow with everything that is wrong."""
    if given.file is not None and given.document is None:
        return new_version(given.file, base=None, note=given.note, replaces_tables=given.replace_tables)
    if given.document is None or given.file is not None:
        raise NoWorkflow
    workflows.check(name=given.name, document=given.document)
    document = with_revisions(given.document)
    return NewVersion(
        name=given.name,
        description=given.description,
        document=document,
        digest=digest_of(document),
        note=given.note,
    )


def _slug(name: str) -> str:
    """The slug under which a file of that name is stored again and again."""
    slug = slugify(name)[:70] or "workflow"
    return f"{slug}-workflow" if slug in workflows.RESERVED else slug
