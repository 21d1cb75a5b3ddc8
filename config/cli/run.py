"""`baton run`: a workflow file, run on a server, with its reviews decided here."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console

from builder.portable import WorkflowFile, file_places, read_file, with_references, write_file
from config.cli.asking import Approver, Asker
from config.cli.client import Client, ServerRefused
from config.cli.inputs import Given, Typed, WrongArgument, put_together
from config.cli.progress import Progress
from config.cli.server import server
from orchestrator.engine.values import Json, JsonObject

SUCCEEDED, FAILED, WAITING = 0, 1, 3
"""Exit codes; 2 is click's own for wrong options."""
POLL = 0.15
FINAL = frozenset({"succeeded", "failed", "cancelled"})


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
    workflow = _chosen_sample(read_file(file.read_text(), base=file.parent), sample)
    given = put_together(Typed(text=text, values=values, files=files), workflow=workflow, folder=file.parent)
    with server() as client:
        follow = Follow(client=client, approve=approve, as_json=as_json, answers=given.answers)
        result = follow.to_the_end(_start(client, workflow, given))
        _print(result, as_json=as_json)
    sys.exit({"succeeded": SUCCEEDED, "waiting": WAITING}.get(result["status"], FAILED))


def _chosen_sample(workflow: WorkflowFile, name: str | None) -> WorkflowFile:
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


def _start(client: Client, workflow: WorkflowFile, given: Given) -> int:
    """Store the file as an unlisted version, upload what it is given, start the run; the run's id."""
    version = client.post_text("workflows/unlisted", write_file(workflow))["version"]
    schema = workflow.document.get("inputs") or {}
    paths = {path for _, path in file_places(schema, given.value) if not str(path).startswith("file:")}
    references = {path: client.upload("files", given.base / path)["reference"] for path in sorted(paths)}
    value = with_references(schema, given.value, references=references)
    started = client.post("runs", {"version": version, "input": value, "trigger": "command"}, once=True)
    return int(started["id"])


@dataclass(slots=True)
class Follow:
    """Follows a run to its end, or to a decision that nobody here may take."""

    client: Client
    approve: str
    as_json: bool
    answers: Mapping[str, Json]
    after: int = 0
    progress: Progress = field(init=False)
    seen: set[int] = field(default_factory=set)
    """Reviews that were left for later."""

    def __post_init__(self) -> None:
        self.progress = Progress(console=None if self.as_json else Console(stderr=True))

    def to_the_end(self, run: int) -> JsonObject:
        """The run with its steps when it is final, or waits for somebody else."""
        self.progress.start()
        try:
            while True:
                status = self._follow(run)
                if status in FINAL or (status == "waiting" and not self._decide(run)):
                    return self._result(run)
                time.sleep(POLL)
        finally:
            self.progress.stop()

    def _follow(self, run: int) -> str:
        page = self.client.get(f"runs/{run}/events", after=self.after)
        for event in page["events"]:
            self.after = event["seq"]
            self.progress.take(event["facts"])
        return str(page["status"])

    def _decide(self, run: int) -> bool:
        """Decide what is open; False where something is left that must be decided elsewhere."""
        found = self.client.get("reviews", run=run)["items"]
        mine = [review["id"] for review in found if review["id"] not in self.seen]
        for review in mine:
            if not self._decide_one(review):
                self.seen.add(review)
        is_left = any(review["id"] in self.seen for review in found)
        return bool(mine) or not (found or is_left) or not is_left

    def _decide_one(self, identity: int) -> bool:
        review = self.client.get(f"reviews/{identity}")
        decided = self._decision(review)
        if decided is None:
            return False
        try:
            self.client.post(f"reviews/{identity}/decide", {**decided.to_json(), "source": "cli"}, once=True)
        except ServerRefused as refused:
            if self.approve == "all":
                raise
            click.echo(f"Not taken: {refused}", err=True)
            return self._decide_one(identity)
        return True

    def _decision(self, review: JsonObject) -> Json:
        if self.approve == "all":
            return Approver(answers=self.answers).decide(review)
        if not sys.stdin.isatty():
            return None
        self.progress.stop()
        decided = Asker(console=Console(stderr=True)).decide(review)
        self.progress.start()
        return decided

    def _result(self, run: int) -> JsonObject:
        shown = self.client.get(f"runs/{run}")
        steps = [
            {name: step[name] for name in ("path", "type", "status", "started_at", "finished_at", "cost")}
            for step in shown["steps"]
        ]
        waits = (
            [review["url"] for review in self.client.get("reviews", run=run)["items"]]
            if shown["status"] == "waiting"
            else []
        )
        result = {"status": shown["status"], "output": shown["output"], "cost": shown["cost"], "steps": steps}
        return {**result, "run": run, "error": shown.get("error"), **({"reviews": waits} if waits else {})}


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
        click.echo(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, indent=2))


def _why(result: JsonObject) -> str:
    error = result.get("error") or {}
    return str(error.get("message") or "")
