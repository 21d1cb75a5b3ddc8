"""Follows a run from the terminal to its end, or to a decision that nobody here may take."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import click
from rich.console import Console

from config.cli.asking import Approver, Asker, Decided
from config.cli.client import Client, ServerRefused
from config.cli.progress import Progress
from orchestrator.engine.values import Json, JsonObject

POLL = 0.15
FINAL = frozenset({"succeeded", "failed", "cancelled"})
WAITS = frozenset({"open", "conflict"})
"""Where a review waits for people."""
OF_STEP = ("path", "type", "status", "started_at", "finished_at", "cost")


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
        return bool(mine) or not is_left

    def _decide_one(self, identity: int) -> bool:
        """Whether it is decided, by us or meanwhile by somebody else."""
        while (review := self.client.get(f"reviews/{identity}"))["status"] in WAITS:
            decided = self._decision(review)
            if decided is None:
                return False
            try:
                self.client.post(f"reviews/{identity}/decide", {**decided.to_json(), "source": "cli"}, once=True)
            except ServerRefused as refused:
                if self.approve == "all" and self.client.get(f"reviews/{identity}")["status"] in WAITS:
                    raise
                click.echo(f"Not taken: {refused}", err=True)
        return True

    def _decision(self, review: JsonObject) -> Decided | None:
        if not review["may_decide"]:
            return None
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
        steps = [{name: step[name] for name in OF_STEP} for step in self._steps(run, shown)]
        waits = (
            [review["url"] for review in self.client.get("reviews", run=run)["items"]]
            if shown["status"] == "waiting"
            else []
        )
        result = {"status": shown["status"], "output": shown["output"], "cost": shown["cost"], "steps": steps}
        return {**result, "run": run, "error": shown.get("error"), **({"reviews": waits} if waits else {})}

    def _steps(self, run: int, shown: JsonObject) -> list[JsonObject]:
        """All of them: the run itself comes with the first page."""
        found, after = list(shown["steps"]), shown["next_steps"]
        while after is not None:
            page = self.client.get(f"runs/{run}/steps", after=after)
            found, after = [*found, *page["items"]], page["next"]
        return found
