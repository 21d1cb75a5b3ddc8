"""A workflow as one file: read, written, compared and checked. Files come from strangers: nothing in them is ever run.

The file is YAML (docs/workflow.schema.json is its JSON Schema). What is read is a value; storing it is not done here.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.portable_errors import Place, WrongPath
from builder.portable_folder import Row, read_tables, sample_fault
from builder.portable_graph import budget_data, canonical, document_of, graph_data
from builder.portable_shape import SCHEMA, FileShape, check_shape, check_version
from builder.portable_yaml import Source, dump, load
from orchestrator import registry
from orchestrator.engine.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Input to try a workflow with. Where the input wants a file, `inputs` holds a path beside the workflow file."""

    name: str
    inputs: JsonObject = field(default_factory=dict)
    answers: Mapping[str, JsonObject] = field(default_factory=dict)
    """What people fill in when the run asks for input: {node: {field: value}}."""
    files: tuple[str, ...] = ()
    """The paths in `inputs`, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFile:
    """What a workflow file holds. `document` is what `compile_document` takes; the rest stands beside the graph."""

    name: str
    document: JsonObject
    description: str = ""
    tags: tuple[str, ...] = ()
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    layout: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def read_file(text: str, *, base: Path | None) -> WorkflowFile:
    """The workflow in the text of a file. `base` is its folder; None where it came without one (then tables must be in
    the file). Raises a WrongFile that names line and key."""
    return read_source(load(text), base=base)


def read_source(source: Source, *, base: Path | None) -> WorkflowFile:
    """The workflow in a text that is loaded. Raises WrongFile."""
    check_version(source)
    check_shape(FileShape, source.data, source=source)
    data = source.data
    return WorkflowFile(
        name=data["name"],
        document=document_of(source, types=registry.node_types()),
        description=data.get("description") or "",
        tags=tuple(data.get("tags") or ()),
        tables=read_tables(source, base=base),
        samples=tuple(_samples(source, base=base)),
        layout={key: (x, y) for key, (x, y) in (data.get("layout") or {}).items()},
    )


def _samples(source: Source, *, base: Path | None) -> Iterator[Sample]:
    schema = source.data.get("inputs") or {}
    for number, sample in enumerate(source.data.get("samples") or ()):
        inputs = sample.get("inputs") or {}
        found = list(file_places(schema, inputs))
        place = ("samples", number, "inputs")
        faults = [sample_fault(source, (*place, *where), path, base=base) for where, path in found]
        if wrong := [fault for fault in faults if fault]:
            raise WrongPath(wrong)
        files = tuple(dict.fromkeys(path for _, path in found))
        yield Sample(name=sample["name"], inputs=inputs, answers=sample.get("answers") or {}, files=files)


def file_places(schema: Json, value: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Where in an input the schema wants a file ({type: string, format: file}), and what stands there."""
    if not isinstance(schema, Mapping) or value is None:
        return
    if schema.get("format") == "file":
        yield place, value
    elif isinstance(value, Mapping) and isinstance(properties := schema.get("properties"), Mapping):
        for key, part in value.items():
            yield from file_places(properties.get(key), part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from file_places(schema.get("items"), part, (*place, number))


def with_references(schema: Json, value: Json, *, references: Mapping[str, str]) -> Json:
    """The input with every file's path replaced by the reference (`file:<id>`) that it got when it was uploaded."""
    if isinstance(schema, Mapping) and schema.get("format") == "file" and isinstance(value, str):
        return references.get(value, value)
    if isinstance(value, Mapping):
        properties = (schema.get("properties") or {}) if isinstance(schema, Mapping) else {}
        return {key: with_references(properties.get(key), part, references=references) for key, part in value.items()}
    if isinstance(value, list):
        items = schema.get("items") if isinstance(schema, Mapping) else None
        return [with_references(items, part, references=references) for part in value]
    return value


def write_file(workflow: WorkflowFile) -> str:
    """The text of the workflow's file, alike for alike workflows. Tables are written into it, row by row."""
    document, types = workflow.document, registry.node_types()
    graph = graph_data(document, types=types)
    parts: dict[str, Json] = {
        "description": workflow.description,
        "tags": list(workflow.tags),
        "inputs": document.get("inputs"),
        "tables": {name: [dict(row) for row in rows] for name, rows in sorted(workflow.tables.items())},
        "samples": [_sample_data(sample) for sample in workflow.samples],
        "budget": budget_data(document.get("budget") or {}),
        **graph,
        "layout": {key: list(place) for key, place in sorted(workflow.layout.items())},
    }
    kept = {key: value for key, value in parts.items() if value or key in graph or (key == "inputs" and value == {})}
    return dump({"schema": SCHEMA, "name": workflow.name, **kept})


def _sample_data(sample: Sample) -> dict[str, Json]:
    answers = {"answers": dict(sample.answers)} if sample.answers else {}
    return {"name": sample.name, "inputs": dict(sample.inputs), **answers}


def digest(document: JsonObject) -> str:
    """The SHA-256 of the document as canonical JSON: the same for the same graph, whatever the order of its keys."""
    text = json.dumps(canonical(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
