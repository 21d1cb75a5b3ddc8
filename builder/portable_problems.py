"""What is wrong with a workflow file, all at once: its shape, its graph, its input and its samples. For `baton validate`."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from builder.portable import WorkflowFile, read_source
from builder.portable_errors import Fault, Place, WrongFile
from builder.portable_graph import SHORTHAND
from builder.portable_yaml import Source, load
from orchestrator import registry
from orchestrator.contract.catalogue import Types
from orchestrator.contract.json_schema import WrongSchema, check_schema, problems_of, with_defaults
from orchestrator.engine.graph import BODY
from orchestrator.engine.problem import Problem, Severity
from orchestrator.engine.problems import find_problems


def validate(text: str, *, base: Path | None) -> list[Fault]:
    """Everything that is wrong with the file, in the order of its lines; [] when it can be run and nothing is odd."""
    try:
        source = load(text)
        workflow = read_source(source, base=base)
    except WrongFile as error:
        return sorted(error.faults, key=lambda fault: fault.line)
    found = [*_graph_faults(source, workflow), *_sample_faults(source, workflow)]
    return sorted(found, key=lambda fault: fault.line)


def _graph_faults(source: Source, workflow: WorkflowFile) -> Iterator[Fault]:
    catalogue = Types(nodes=registry.node_types(), tools=registry.tool_types())
    for problem in find_problems(workflow.document, catalogue):
        place = _place(problem, source)
        is_hint = problem.severity is Severity.HINT
        yield replace(source.fault(problem.message, place), code=problem.code, is_hint=is_hint)


def _place(problem: Problem, source: Source) -> Place:
    """Where the problem of the document stands in the file, where `model` and `tools` may have a short form."""
    place: list[str | int] = []
    for number, key in enumerate(problem.node.split("/") if problem.node else ()):
        place += [*(("config", BODY) if number else ()), "nodes", key]
    short = problem.field.removeprefix("config.").partition(".")[0]
    if short in SHORTHAND and (*place, short) in source.lines:
        return (*place, short)
    return (*place, *(int(part) if part.isdigit() else part for part in problem.field.split(".") if part))


def _sample_faults(source: Source, workflow: WorkflowFile) -> Iterator[Fault]:
    schema = workflow.document.get("inputs") or {}
    try:
        check_schema(schema)
    except WrongSchema:
        return
    for number, sample in enumerate(workflow.samples):
        for problem in problems_of(with_defaults(sample.inputs, schema), schema):
            text = f"The sample does not fit the input: {problem}."
            yield source.fault(text, ("samples", number, "inputs"))
        for node in sorted(sample.answers.keys() - (workflow.document.get("nodes") or {}).keys()):
            yield source.fault(f"There is no node {node!r} that could ask.", ("samples", number, "answers", node))
