"""From a workflow file to what is published, and back. Storing it is orchestrator's."""

from collections.abc import Sequence
from pathlib import Path

from builder.portable import Sample, WorkflowFile, digest, read_file, write_file
from builder.portable_problems import validate
from orchestrator import registry
from orchestrator.engine.graph import BODY
from orchestrator.engine.values import Json, JsonObject
from orchestrator.operations.workflows import NewVersion, WrongWorkflow
from orchestrator.queries.workflows import version_of
from teams.tables import contents_of


def new_version(text: str, *, base: Path | None, note: str = "", replaces_tables: bool = False) -> NewVersion:
    """What the file publishes. `base` is its folder, if it has one. Raises WrongWorkflow with everything that is wrong."""
    wrong = [fault for fault in validate(text, base=base) if not fault.is_hint]
    if wrong:
        told = [{"line": one.line, "key": one.key, "code": one.code, "message": one.text} for one in wrong]
        raise WrongWorkflow("\n".join(str(fault) for fault in wrong), problems=told)
    file = read_file(text, base=base)
    document = with_revisions(file.document)
    return NewVersion(
        name=file.name,
        description=file.description,
        document=document,
        digest=digest_of(document),
        note=note,
        layout={key: list(place) for key, place in file.layout.items()},
        samples=[_sample_data(sample) for sample in file.samples],
        tables=file.tables,
        replaces_tables=replaces_tables,
        tags=file.tags,
    )


def exported(*, team: int, slug: str, number: int | None, tables: Sequence[str] = ()) -> str:
    """A version as a file, the newest where none is named; rows of tables are in it only where `tables` names them.
    Raises WorkflowNotFound, VersionNotFound, UnknownTable."""
    version = version_of(team=team, slug=slug, number=number)
    workflow = version.workflow
    file = WorkflowFile(
        name=workflow.name,
        description=workflow.description,
        tags=tuple(tag.name for tag in workflow.tags.all()),
        document=version.document,
        tables={name: tuple(contents_of(team, name)) for name in tables},
        samples=tuple(_sample(sample) for sample in version.samples),
        layout=version.layout,
    )
    return write_file(file)


def digest_of(document: JsonObject) -> str:
    """Raises WrongWorkflow where a number of the document is none."""
    try:
        return digest(document)
    except ValueError:
        raise WrongWorkflow("A number of the workflow is none (NaN or infinity). Write a number.") from None


def with_revisions(document: JsonObject) -> dict[str, Json]:
    """Each node with the revision of its type, so that a later release knows which settings it was written for."""
    types = registry.node_types()

    def dated(node: JsonObject) -> JsonObject:
        kind, body = types[node["type"]], (node.get("config") or {}).get(BODY)
        found = {**node, "revision": kind.revision} if kind.revision > 1 and "revision" not in node else node
        return {**found, "config": {**node["config"], BODY: with_revisions(body)}} if body and kind.has_body else found

    return {**document, "nodes": {key: dated(node) for key, node in document["nodes"].items()}}


def _sample(data: JsonObject) -> Sample:
    return Sample(name=data["name"], inputs=data.get("inputs") or {}, answers=data.get("answers") or {})


def _sample_data(sample: Sample) -> JsonObject:
    return {"name": sample.name, "inputs": dict(sample.inputs), "answers": dict(sample.answers)}
