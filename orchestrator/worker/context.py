"""What a node's code sees while it runs: contract.context.Context on the journal of its round."""

import hashlib
import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from uuid import UUID

from orchestrator.contract import patterns
from orchestrator.contract.codec import answer_from_json, message_to_json
from orchestrator.contract.context import Feedback, ItemOutcome
from orchestrator.contract.errors import ItemsFailed, NodeError, Suspended
from orchestrator.contract.messages import (
    Attachment,
    Message,
    ModelAnswer,
    ModelRequest,
    Role,
    ToolResult,
    ToolSpec,
    ToolUse,
)
from orchestrator.contract.policies import Exposure, inherited
from orchestrator.contract.questions import Decision, PersonQuestion
from orchestrator.engine.graph import Graph, Node
from orchestrator.engine.neighbourhood import node_key_of
from orchestrator.engine.paths import round_scope
from orchestrator.engine.settle import GATE
from orchestrator.engine.state import Reason, Step
from orchestrator.engine.templating import fill
from orchestrator.engine.values import Json, JsonObject, StepPath
from orchestrator.operations import answers, calls, upkeep
from orchestrator.queries import steps
from orchestrator.queries.steps import RunFacts
from orchestrator.registry import node_type, tool_types
from orchestrator.worker import attachments, committers
from orchestrator.worker.collect import as_list, outcomes, parse, reference
from orchestrator.worker.held import Held
from orchestrator.worker.journal import Journal
from orchestrator.worker.model_calls import Payer, call_model
from orchestrator.worker.tool_calls import ToolCalls
from orchestrator.worker.tool_context import Tooling
from orchestrator.worker.values import Values


class Spawning(BaseException):
    """The step's body runs once per item."""

    def __init__(self, *, key: str, items: Sequence[Json], cap: int, stop_on_error: bool) -> None:
        super().__init__(key)
        self.key, self.items, self.cap, self.stop_on_error = key, items, cap, stop_on_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An output that is a reference already: the list of a container's items."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeItems:
    """contract.context.Collected of a finished scope."""

    size: int
    failed: int
    scope: str
    read: Callable[[str], Sequence[ItemOutcome]]

    def outcomes(self) -> Sequence[ItemOutcome]:
        return self.read(self.scope) if self.size else ()

    def as_output(self, *, errors: str) -> Json:
        return Reference(text=reference(self.scope, errors)) if self.size else []


@dataclass
class StepContext:
    """Everything is read when it is needed: a quick step that needs nothing costs nothing."""

    claim: Held
    step: Step
    graph: Graph
    run: RunFacts
    known: Mapping[str, Json] = field(default_factory=dict)

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.step.node]

    @cached_property
    def journal(self) -> Journal:
        return Journal(claim=self.claim, round=self.step.round, graph=self.graph)

    @cached_property
    def now(self) -> datetime:
        at, _ = committers.run(steps.round_start, run=self.claim.run, path=self.step.path)
        return datetime.fromtimestamp(at, UTC)

    @cached_property
    def values(self) -> Values:
        values = Values(
            graph=self.graph,
            step=self.step,
            inputs=lambda: self._inputs,
            outputs=lambda paths: committers.run(steps.outputs, run=self.claim.run, paths=paths),
            collected=self._collected,
            known=dict(self.known),
        )
        values.prefetch(self.node)
        return values

    @cached_property
    def _inputs(self) -> Json:
        given = self.run.input
        if given.startswith("@"):
            given = committers.run(calls.bodies, self.claim.run, [given])[given]
        return json.loads(given)

    def _collected(self, text: str) -> Json:
        scope, errors = parse(text)
        return as_list(self._outcomes(scope), errors)

    def _outcomes(self, scope: str) -> Sequence[ItemOutcome]:
        body = self.graph.bodies[node_key_of(StepPath(scope))]
        rows = committers.run(steps.items, run=self.claim.run, scope=scope, with_inner=not body.single)
        nested = [self._with_lists(row) for row in rows]
        return outcomes(nested, body, self._inputs if body.output is not None else None)

    def _with_lists(self, row: steps.ItemRow) -> steps.ItemRow:
        """Items may hold containers themselves: their references become lists."""
        inner = tuple((path, self._as_text(text)) for path, text in row.inner)
        output = self._as_text(row.output) if row.output else None
        return steps.ItemRow(path=row.path, status=row.status, output=output, error=row.error, inner=inner)

    def _as_text(self, text: str) -> str:
        return json.dumps(self._collected(text)) if text.startswith("#") else text

    @cached_property
    def feedback(self) -> Feedback | None:
        """What people said when they sent the last round back."""
        if self.step.round == 1:
            return None
        last = Journal(claim=self.claim, round=self.step.round - 1, graph=self.graph)
        decision = last.decision(GATE)
        if decision is None or decision.verdict != "changes_requested":
            return None
        question = last.question(GATE)
        asked = json.loads(question.body) if question else {}
        marks = decision.value if isinstance(decision.value, list) else None
        return Feedback(
            output=asked.get("subject"), comment=decision.comment, marks=marks, transcript=_transcript(last)
        )

    def is_repeatable(self) -> bool:
        """Whether a new round would repeat no tool that must not be repeated."""
        is_untouched = self.step.attempt == 1 and "journal" not in self.__dict__
        return is_untouched or self.journal.has_repeatable_round()

    def shown(self, output: Json) -> Json:
        """An output as people see it: the list, where it is a reference to one."""
        return self._collected(output.text) if isinstance(output, Reference) else output

    # What is undetermined

    def fill(self, template: Json) -> Json:
        return fill(template, self.values)

    def random(self, key: str) -> float:
        return random.Random(self._seed(key)).random()  # noqa: S311  (repeatable on purpose)

    def uuid(self, key: str) -> UUID:
        return UUID(bytes=self._seed(key)[:16], version=4)

    def _seed(self, key: str) -> bytes:
        told = f"{self.claim.run}|{self.step.path}|{self.step.round}|{key}"
        return hashlib.blake2b(told.encode(), digest_size=32).digest()

    def once(self, key: str, function: Callable[[], Json]) -> Json:
        entry = self.journal.found(key=key, kind="value", target="", digest="")
        if entry is not None:
            return json.loads(entry.outcome or "null")
        value = function()
        self.journal.record(key=key, kind="value", target="", digest="", request="null", value=value)
        return value

    # Models and tools

    def model(self, key: str, request: ModelRequest) -> ModelAnswer:
        payer = Payer(team=self.run.team, run=self.claim.run, workflow=self.run.workflow)
        entry = self.journal.entries().get(key)
        if entry is None or entry.status != "done":
            request = attachments.with_contents(request, team=self.run.team, run=self.claim.run)
        return call_model(self.journal, payer, key=key, request=request)

    def attachments(self, references: Json) -> tuple[Attachment, ...]:
        return attachments.described(references, team=self.run.team, run=self.claim.run)

    def tool_specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        known = tool_types()
        for name in names:
            if name not in known:
                raise NodeError(f"There is no tool {name!r}; there are {', '.join(sorted(known))}.")
        return tuple(
            ToolSpec(name=name, description=known[name].description, schema=known[name].arguments.model_json_schema())
            for name in names
        )

    @cached_property
    def _tool_calls(self) -> ToolCalls:
        tooling = Tooling(team=self.run.team, run=self.claim.run, now=self.now)
        return ToolCalls(journal=self.journal, tooling=tooling, inherited=self._inherited())

    def _inherited(self) -> Exposure:
        """What earlier nodes may have read, and what earlier rounds did: their transcript is read again."""
        before = inherited(self.graph, self.step.node, _tools_of)
        if self.step.round == 1:
            return before
        names = committers.run(calls.tools_called, run=self.claim.run, path=self.step.path)
        return before.after(tool_types()[name] for name in names if name in tool_types())

    def tools(
        self,
        key: str,
        uses: Sequence[ToolUse],
        *,
        allowed: Collection[str],
        policies: Mapping[str, JsonObject],
        said: str = "",
    ) -> tuple[ToolResult, ...]:
        return self._tool_calls.run(key, uses, allowed=allowed, policies=policies, said=said)

    def effective_uses(self, key: str, uses: Sequence[ToolUse]) -> tuple[ToolUse, ...]:
        return self._tool_calls.effective(key, uses)

    def call_tool(self, key: str, name: str, arguments: JsonObject, *, rule: JsonObject | None = None) -> Json:
        return self._tool_calls.one(key, name, arguments, rule=rule)

    # Waiting

    def ask(self, key: str, question: PersonQuestion) -> Decision:
        decision = self.journal.decision(key)
        if decision is None:
            self.journal.ask([replace(self.journal.person_ask(key, question), due=question.due)])
            raise Suspended(frozenset({key}))
        return decision

    def sleep_until(self, key: str, due: datetime) -> None:
        if self.journal.decision(key) is None:
            left = due.timestamp() - committers.run(upkeep.clock)
            self.journal.ask([self.journal.plain_ask(key, Reason.TIMER, due=max(0.0, left))])
            raise Suspended(frozenset({key}))

    def wait_for_event(self, key: str, *, name: str, correlation: str, timeout: float | None) -> Json:
        decision = self.journal.decision(key)
        if decision is None:
            event = answers.event_name(name=name, correlation=correlation)
            self.journal.ask([self.journal.plain_ask(key, Reason.EVENT, due=timeout, event=event)])
            run, path, number = self.claim.run, self.step.path, self.step.round
            committers.run(answers.hear, run=run, path=path, round_number=number, key=key, event=event)
            raise Suspended(frozenset({key}))
        return decision.value if decision.verdict == "arrived" else None

    def run_items(self, key: str, items: Sequence[Json], *, cap: int, stop_on_error: bool) -> ScopeItems:
        scope = round_scope(self.step.path, self.step.round)
        question = self.journal.question(key)
        if question is None:
            if not items:
                return ScopeItems(size=0, failed=0, scope=scope, read=self._outcomes)
            raise Spawning(key=key, items=items, cap=cap, stop_on_error=stop_on_error)
        state = committers.run(steps.scope_state, run=self.claim.run, scope=scope)
        if state is None or not state.is_closed:
            raise Suspended(frozenset({key}))
        if state.stop_on_error and state.failed:
            raise ItemsFailed(self._first_error(scope))
        return ScopeItems(size=state.size, failed=state.failed, scope=scope, read=self._outcomes)

    def _first_error(self, scope: str) -> str:
        failed = next((one for one in self._outcomes(scope) if one.error is not None), None)
        said = (failed.error or {}).get("message", "") if failed else ""
        return f"Item {failed.index + 1 if failed else '?'} failed: {said}"

    def matches(self, pattern: str, text: str) -> bool:
        try:
            return patterns.matches(pattern, text)
        except patterns.WrongPattern as error:
            raise NodeError(str(error)) from error


def _tools_of(node: Node) -> Sequence[Json]:
    kind = node_type(node.type)
    named = kind.tools(kind.config.model_validate(node.config))
    return [tool_types()[name] for name in named if name in tool_types()]


def _transcript(last: Journal) -> Json:
    """The last round's conversation, its answer included: what the next round's model reads of it."""
    done = [entry for entry in last.entries().values() if entry.kind == "model" and entry.status == "done"]
    if not done:
        return None
    requests = [(json.loads(entry.request), entry) for entry in done]
    request, entry = max(requests, key=lambda one: len(one[0]["messages"]))
    hashes = [f"@{digest}" for digest in request["messages"]]
    bodies = committers.run(calls.bodies, last.claim.run, hashes)
    answer = answer_from_json(json.loads(entry.outcome or "null"))
    said = [json.loads(bodies[one]) for one in hashes]
    return [*said, message_to_json(Message(role=Role.ASSISTANT, parts=answer.parts))]
