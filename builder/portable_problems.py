"""What is wrong with a workflow file, all at once: its shape, its graph, its input and its samples. For `baton validate`."""

from collections.abc import Iterator
from pathlib import Path

from builder.portable import WorkflowFile, read_source
from builder.portable_errors import Fault, WrongFile
from builder.portable_yaml import Source, load
from orchestrator.contract.json_schema import WrongSchema, check_schema, problems_of, with_defaults


def validate(text: str, *, base: Path | None) -> list[Fault]:
    """Everything that is wrong with the file, in the order of its lines; [] when it can be run."""
    try:
        source = load(text)
        workflow = read_source(source, base=base)
    except WrongFile as error:
        return sorted(error.faults, key=lambda fault: fault.line)
    found = [*_input_faults(source, workflow)]
    return sorted(found, key=lambda fault: fault.line)


def _input_faults(source: Source, workflow: WorkflowFile) -> Iterator[Fault]:
    schema = workflow.document.get("inputs") or {}
    try:
        check_schema(schema)
    except WrongSchema as error:
        yield source.fault(f"{error}", ("inputs",))
        return
    for number, sample in enumerate(workflow.samples):
        for problem in problems_of(with_defaults(sample.inputs, schema), schema):
            yield source.fault(
                f"Sample {sample.name!r} does not fit the input: {problem}.", ("samples", number, "inputs")
            )
        for node in sorted(sample.answers.keys() - (workflow.document.get("nodes") or {}).keys()):
            text = f"There is no node {node!r} that could ask."
            yield source.fault(text, ("samples", number, "answers", node))
