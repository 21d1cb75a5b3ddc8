"""What a running step may do. The worker implements it on the journal; tests use the fake in tests/fakes/context.py."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orchestrator.contract.messages import Attachment, ModelAnswer, ModelRequest, ToolResult, ToolSpec, ToolUse
from orchestrator.contract.questions import Decision, PersonQuestion
from orchestrator.engine.graph import Node
from orchestrator.engine.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Why a new round was opened by people: the last round's output, what they said, and the last transcript."""

    output: Json
    comment: str
    marks: Json = None
    transcript: Json = None
    """The messages of the last round, the answer included, as `codec.message_to_json` writes them; None where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """One item of a container: its output, or the error that ended it."""

    index: int
    output: Json = None
    error: JsonObject | None = None


class Collected(Protocol):
    """The outcomes of a finished container, in the order of its items; read when iterated."""

    @property
    def size(self) -> int: ...

    @property
    def failed(self) -> int: ...

    def outcomes(self) -> Sequence[ItemOutcome]: ...

    def as_output(self, *, errors: str) -> Json:
        """A value that stands for the list and is built by whoever reads it. `errors` says what a failed item becomes:
        `skip` leaves it out, `collect` puts {"error": {...}} in its place."""
        ...


class Context(Protocol):
    """Everything here is deterministic on replay: after a pause or a crash the node's code runs again from its top, and
    finished calls are answered from the journal of its round. Keys must be the same on every run of the code."""

    @property
    def node(self) -> Node:
        """The node that runs."""
        ...

    @property
    def now(self) -> datetime:
        """The start of the round, in UTC."""
        ...

    @property
    def values(self) -> JsonObject:
        """What templates read: `inputs`, `item` and `index` inside a container, and the outputs of earlier nodes by key."""
        ...

    @property
    def feedback(self) -> Feedback | None:
        """What people said when they sent the last round's output back."""
        ...

    def fill(self, template: Json) -> Json:
        """The template (a string, or JSON with strings in it) with `values`."""
        ...

    def random(self, key: str) -> float:
        """A number from 0 to 1 that depends on run, step, round and key alone."""
        ...

    def uuid(self, key: str) -> UUID:
        """An id that depends on run, step, round and key alone."""
        ...

    def once(self, key: str, function: Callable[[], Json]) -> Json:
        """The result of anything else undetermined: called once in the round, then read from the journal."""
        ...

    def model(self, key: str, request: ModelRequest) -> ModelAnswer:
        """One model call. Raises the errors of `contract.errors`."""
        ...

    def attachments(self, references: Json) -> tuple[Attachment, ...]:
        """The files of the run that a value names (file:<id>, a list of them, or nothing), for a message to a model. Raises
        NodeError for what is no file of the run, and for what no model looks at."""
        ...

    def tool_specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        """The named tools as a model sees them. Raises NodeError for an unknown name."""
        ...

    def tools(
        self,
        key: str,
        uses: Sequence[ToolUse],
        *,
        allowed: Collection[str],
        policies: Mapping[str, JsonObject],
        said: str = "",
    ) -> tuple[ToolResult, ...]:
        """Call the tools of one turn in parallel, in the order of `uses`; each is journalled under `<key>/tool:<use id>`.

        `allowed` are the tools that were offered; any other is refused. `policies` are the node's own rules by tool, each
        {"policy": allow | ask | deny, "when": a condition over the arguments, "queue": slug}; `contract.policies.ruling`
        decides. A tool whose policy asks waits for a person, its question has the call's key; a rejected call, a refusal of
        the tool and wrong arguments come back as results with `is_error`. `said` is what the model wrote beside the calls,
        for the reviewer. Edited arguments are in the journal: read the history from `effective_uses`.
        """
        ...

    def effective_uses(self, key: str, uses: Sequence[ToolUse]) -> tuple[ToolUse, ...]:
        """The uses with the arguments that really ran (people may have edited them); call it after `tools`."""
        ...

    def call_tool(self, key: str, name: str, arguments: JsonObject, *, rule: JsonObject | None = None) -> Json:
        """One tool call without a model (the tool node), journalled under `key`. `rule` is a policy as in `tools`. Raises
        CallError where the tool refuses or people reject it."""
        ...

    def ask(self, key: str, question: PersonQuestion) -> Decision:
        """Ask people; suspends until they have decided."""
        ...

    def sleep_until(self, key: str, due: datetime) -> None:
        """Suspend until then."""
        ...

    def wait_for_event(self, key: str, *, name: str, correlation: str, timeout: float | None) -> Json:
        """Suspend until the event arrives; its payload, or None when `timeout` seconds passed."""
        ...

    def run_items(self, key: str, items: Sequence[Json], *, cap: int, stop_on_error: bool) -> Collected:
        """Run this node's body once per item, in scopes of this run; suspends until they are done.

        `cap` is how many items are started at once (0: no limit of its own); items that wait for people do not
        count. With `stop_on_error` the first failed item ends it.
        Raises NodeError (code `items_failed`) then.
        """
        ...

    def matches(self, pattern: str, text: str) -> bool:
        """Whether a user's pattern (re2) is found in the text. Raises NodeError for a wrong pattern."""
        ...
