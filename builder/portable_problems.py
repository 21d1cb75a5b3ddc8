"""What is wrong with a workflow file, all at once: its shape, its settings, its input and its samples. For `baton validate`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from builder.portable import WorkflowFile, read_source
from builder.portable_errors import Fault, Place, WrongFile
from builder.portable_graph import SHORTHAND
from builder.portable_yaml import Source, load
from orchestrator import registry
from orchestrator.contract.json_schema import WrongSchema, check_schema, problems_of, with_defaults
from orchestrator.engine.graph import BODY
from orchestrator.engine.values import JsonObject


def validate(text: str, *, base: Path | None) -> list[Fault]:
    """Everything that is wrong with the file, in the order of its lines; [] when it can be run."""
    try:
        source = load(text)
        workflow = read_source(source, base=base)
    except WrongFile as error:
        return sorted(error.faults, key=lambda fault: fault.line)
    found = [*_node_faults(source, workflow.document, ()), *_input_faults(source, workflow)]
    return sorted(found, key=lambda fault: fault.line)


def _node_faults(source: Source, document: JsonObject, place: Place) -> Iterator[Fault]:
    """Unknown node types, and settings that are not as their type says, in this graph and in the bodies in it."""
    types = registry.node_types()
    for name, node in (document.get("nodes") or {}).items():
        where, config = (*place, "nodes", name), node.get("config") or {}
        if node["type"] not in types:
            known = ", ".join(sorted(key for key, kind in types.items() if not kind.hidden))
            yield source.fault(f"There is no node type {node['type']!r}; there are {known}.", (*where, "type"))
            continue
        yield from _setting_faults(source, node["type"], config, where)
        if isinstance(config.get(BODY), Mapping):
            yield from _node_faults(source, config[BODY], (*where, "config", BODY))


def _setting_faults(source: Source, kind: str, config: JsonObject, place: Place) -> Iterator[Fault]:
    try:
        registry.node_type(kind).config.model_validate(config)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            inner = found["loc"]
            is_short = bool(inner) and inner[0] in SHORTHAND and (*place, inner[0]) in source.lines
            where = (*place, *inner) if is_short else (*place, "config", *inner)
            yield source.fault(_words(found["type"], found["msg"]), where)


def _words(kind: str, message: str) -> str:
    fixed = {"missing": "This setting is missing", "extra_forbidden": "This type has no such setting: remove it"}
    return f"{fixed.get(kind, message.removeprefix('Value error, ')).removesuffix('.')}."


def _input_faults(source: Source, workflow: WorkflowFile) -> Iterator[Fault]:
    schema = workflow.document.get("inputs") or {}
    try:
        check_schema(schema)
    except WrongSchema as error:
        yield source.fault(f"{error}", ("inputs",))
        return
    for number, sample in enumerate(workflow.samples):
        for problem in problems_of(with_defaults(sample.inputs, schema), schema):
            text = f"The sample does not fit the input: {problem}."
            yield source.fault(text, ("samples", number, "inputs"))
        for node in sorted(sample.answers.keys() - (workflow.document.get("nodes") or {}).keys()):
            yield source.fault(f"There is no node {node!r} that could ask.", ("samples", number, "answers", node))
