"""`baton run`: a workflow file, run on a server, with its reviews decided here."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from builder.portable import WorkflowFile, file_places, with_references, write_file
from config.cli.client import Client
from config.cli.editing import plain
from config.cli.files import workflow_in
from config.cli.follow import Follow
from config.cli.inputs import Given, Typed, WrongArgument, put_together
from config.cli.server import server
from orchestrator.engine.values import Json, JsonObject

SUCCEEDED, FAILED, WAITING = 0, 1, 3
"""Exit codes; 2 is click's own for wrong options."""


@click.command(name="run")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--input", "text", help="A text for the one required input, or @file.json for all of them.")
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="One input. May be repeated.")
@click.option("--file", "files", multiple=True, metavar="KEY=PATH", help="A file for an input. May be repeated.")
@click.option("--sample", help="Use this sample of the file.")
@click.option(
    "--approve", type=click.Choice(["all", "ask"]), default="ask", show_default=True, help="Who decides reviews."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON and nothing else.")
def run_command(
    *,
    file: Path,
    text: str | None,
    values: Sequence[str],
    files: Sequence[str],
    sample: str | None,
    approve: str,
    as_json: bool,
) -> None:
    """Run the workflow in FILE and wait for its end.

    Without input it takes the file's first sample. Exit 0: it succeeded. 1: it failed or was cancelled. 3: people must
    decide something first; the address of the review is printed.
    """
    workflow = chosen_sample(workflow_in(file), sample)
    given = put_together(Typed(text=text, values=values, files=files), workflow=workflow, folder=file.parent)
    with server() as client:
        follow = Follow(client=client, approve=approve, as_json=as_json, answers=given.answers)
        version = client.post_text("workflows/unlisted", write_file(workflow))["version"]
        result = follow.to_the_end(start(client, version=version, workflow=workflow, given=given))
        _print(result, as_json=as_json)
    sys.exit({"succeeded": SUCCEEDED, "waiting": WAITING}.get(result["status"], FAILED))


def chosen_sample(workflow: WorkflowFile, name: str | None) -> WorkflowFile:
    """The workflow with that sample as its first. Raises WrongArgument."""
    if name is None:
        return workflow
    found = [sample for sample in workflow.samples if sample.name == name]
    if not found:
        names = ", ".join(repr(sample.name) for sample in workflow.samples) or "none"
        raise WrongArgument(f"There is no sample {name!r}; there are {names}.")
    others = [sample for sample in workflow.samples if sample.name != name]
    return WorkflowFile(**{**_fields(workflow), "samples": (*found, *others)})


def _fields(workflow: WorkflowFile) -> dict[str, Json]:
    return {name: getattr(workflow, name) for name in workflow.__dataclass_fields__}


def start(client: Client, *, version: int, workflow: WorkflowFile, given: Given) -> int:
    """Upload what a run of the version is given, start it; the run's id. Raises WrongArgument, ServerRefused."""
    schema = workflow.document.get("inputs") or {}
    references = {path: client.upload("files", given.base / path)["reference"] for path in _paths(schema, given)}
    value = with_references(schema, given.value, references=references)
    started = client.post("runs", {"version": version, "input": value, "trigger": "command"}, once=True)
    return int(started["id"])


def _paths(schema: JsonObject, given: Given) -> list[str]:
    """The files of the input, each once; what is uploaded already is none. Raises WrongArgument."""
    places = [path for _, path in file_places(schema, given.value) if isinstance(path, str)]
    paths = sorted({path for path in places if not path.startswith("file:")})
    for path in paths:
        if not (given.base / path).is_file():
            raise WrongArgument(f"There is no file {given.base / path}.")
    return paths


def _print(result: JsonObject, *, as_json: bool) -> None:
    for address in result.get("reviews") or ():
        click.echo(f"Waits for a decision: {address}", err=True)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    if result["status"] != "succeeded":
        click.echo(f"The run {result['run']} is {result['status']}. {_why(result)}".strip(), err=True)
    if result["output"] is not None:
        output = result["output"]
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, indent=2)
        click.echo(plain(text) if sys.stdout.isatty() else text)


def _why(result: JsonObject) -> str:
    error = result.get("error") or {}
    return plain(str(error.get("message") or ""))
