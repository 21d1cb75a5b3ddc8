"""A step's context in memory: a scripted model, real tools, a journal, decisions by key. `run` may be called again after a
suspension, as the worker does: then finished calls come from the journal, and a key that changes its kind is an error."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from orchestrator import registry
from orchestrator.contract.context import Feedback
from orchestrator.contract.errors import NodeError, Suspended, ToolRefused
from orchestrator.contract.messages import (
    Attachment,
    ModelAnswer,
    ModelRequest,
    Stop,
    Text,
    ToolResult,
    ToolSpec,
    ToolUse,
    Usage,
)
from orchestrator.contract.node import NodeType, Result
from orchestrator.contract.patterns import WrongPattern, matches
from orchestrator.contract.policies import Exposure, checked_arguments, checked_use, result_text, ruling
from orchestrator.contract.questions import Decision, Kind, PersonQuestion
from orchestrator.contract.tool import Policy, ToolType
from orchestrator.engine.graph import Node
from orchestrator.engine.templating import fill
from orchestrator.engine.values import Json, JsonObject, NodeKey
from tests.fakes.tool_context import NOW, FakeToolContext, Outside, perform

Script = Callable[[ModelRequest], ModelAnswer]


def says(text: str, *uses: ToolUse, stop: Stop | None = None) -> ModelAnswer:
    """An answer of the scripted model."""
    parts = ((Text(text=text),) if text else ()) + uses
    return ModelAnswer(
        model="fake", parts=parts, stop=stop or (Stop.TOOLS if uses else Stop.END), usage=Usage(input=1, output=1)
    )


def calls(identity: str, name: str, /, **arguments: Json) -> ToolUse:
    return ToolUse(id=identity, name=name, arguments=arguments)


@dataclass
class FakeContext:
    """`script` are the model's answers in their order (an exception is raised), or a function of the request. `decisions`
    and `events` are what has been answered so far, by key; `due` the keys whose time has come."""

    values: JsonObject = field(default_factory=dict)
    script: list[ModelAnswer | BaseException] | Script = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    events: dict[str, Json] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)
    feedback: Feedback | None = None
    outside: Outside = field(default_factory=Outside)
    tool_types: Mapping[str, ToolType] = field(default_factory=registry.tool_types)
    exposure: Exposure = field(default_factory=Exposure)
    attached: Mapping[str, Attachment] = field(default_factory=dict)
    now: datetime = NOW
    node: Node = field(default_factory=lambda: Node(key=NodeKey("node"), type="?"))
    journal: dict[str, tuple[str, Json]] = field(default_factory=dict)
    asked: dict[str, PersonQuestion] = field(default_factory=dict)
    waits: dict[str, Json] = field(default_factory=dict)
    requests: list[tuple[str, ModelRequest]] = field(default_factory=list)
    performed: list[tuple[str, JsonObject]] = field(default_factory=list)
    prefix: str = ""
    _seen: set[str] = field(default_factory=set)

    def run(self, kind: NodeType, config: JsonObject) -> Result:
        """Run a node of that type from its top, with its config checked."""
        self._seen.clear()
        self.node = replace(self.node, type=kind.name, config=config)
        return kind.run(self, kind.config.model_validate(config))

    def fill(self, template: Json) -> Json:
        return fill(template, self.values)

    def random(self, key: str) -> float:
        return int.from_bytes(self._digest(key)[:4], "big") / 2**32

    def uuid(self, key: str) -> UUID:
        return UUID(bytes=self._digest(key)[:16])

    def _digest(self, key: str) -> bytes:
        return hashlib.sha256(f"{self.prefix}{self.node.key}/{key}".encode()).digest()

    def once(self, key: str, function: Callable[[], Json]) -> Json:
        return self._recorded(key, "once", function)

    def model(self, key: str, request: ModelRequest) -> ModelAnswer:
        def call() -> ModelAnswer:
            self.requests.append((self.prefix + key, request))
            if callable(self.script):
                return self.script(request)
            assert self.script, f"the script has no answer left for {key}"
            answer = self.script.pop(0)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        answer: ModelAnswer = self._recorded(key, "model", call)
        return answer

    def attachments(self, references: Json) -> tuple[Attachment, ...]:
        named = [references] if isinstance(references, str) else references or []
        return tuple(self.attached[name] for name in named if name)

    def tool_specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        unknown = [name for name in names if name not in self.tool_types]
        if unknown:
            raise NodeError(f"There is no tool {unknown[0]!r}.")
        found = (self.tool_types[name] for name in names)
        return tuple(
            ToolSpec(name=tool.name, description=tool.description, schema=tool.arguments.model_json_schema())
            for tool in found
        )

    def tools(
        self,
        key: str,
        uses: Sequence[ToolUse],
        *,
        allowed: Collection[str],
        policies: Mapping[str, JsonObject],
        said: str = "",
    ) -> tuple[ToolResult, ...]:
        exposure = self._exposure(key)
        results: list[ToolResult] = []
        waiting: set[str] = set()
        for use in uses:
            try:
                results.append(self._use(f"{key}/tool:{use.id}", use, allowed, policies.get(use.name), exposure, said))
            except Suspended as suspended:
                waiting |= suspended.keys
        if waiting:
            raise Suspended(frozenset(waiting))
        return tuple(results)

    def _use(
        self,
        key: str,
        use: ToolUse,
        allowed: Collection[str],
        rule: JsonObject | None,
        exposure: Exposure,
        said: str,
    ) -> ToolResult:
        try:
            tool, arguments = checked_use(use, tools=self.tool_types, allowed=allowed)
            content = result_text(
                self._call(key, tool, arguments.model_dump(mode="json"), rule, exposure, said)["result"]
            )
            return ToolResult(id=use.id, name=use.name, content=content)
        except ToolRefused as refused:
            return ToolResult(id=use.id, name=use.name, content=str(refused), is_error=True)

    def _call(
        self, key: str, tool: ToolType, arguments: JsonObject, rule: JsonObject | None, exposure: Exposure, said: str
    ) -> Json:
        if self.prefix + key in self.journal:
            return self._recorded(key, f"tool {tool.name}", dict)
        found = ruling(tool=tool, arguments=checked_arguments(tool, arguments), rule=rule, exposure=exposure)
        if found.policy is Policy.DENY:
            raise ToolRefused(found.why)
        if found.policy is Policy.ASK:
            arguments = self._approved(key, tool, arguments, found.queue, found.why, said)
        checked = checked_arguments(tool, arguments)
        context = FakeToolContext(
            key=key, now=self.now, outside=self.outside, answer=lambda question: self.ask(f"{key}/ask", question)
        )

        def call() -> Json:
            result = perform(tool, checked, context)
            self.performed.append((tool.name, arguments))
            return {"result": result, "arguments": arguments}

        return self._recorded(key, f"tool {tool.name}", call)

    def _approved(self, key: str, tool: ToolType, arguments: JsonObject, queue: str, why: str, said: str) -> JsonObject:
        question = PersonQuestion(
            kind=Kind.TOOL_CALL,
            title=tool.title,
            subject={"tool": tool.name, "arguments": arguments},
            schema=tool.arguments.model_json_schema(),
            queue=queue,
            instructions=why,
            context=said or None,
        )
        decision = self._decided(key, question)
        if decision.verdict == "rejected":
            raise ToolRefused(f"A person rejected this call. {decision.comment}")
        return decision.value if decision.verdict == "edited" else arguments

    def _exposure(self, key: str) -> Exposure:
        names = [
            kind.removeprefix("tool ")
            for other, (kind, _) in self.journal.items()
            if kind.startswith("tool ") and not other.startswith(f"{self.prefix}{key}/")
        ]
        return self.exposure.after(self.tool_types[name] for name in names)

    def effective_uses(self, key: str, uses: Sequence[ToolUse]) -> tuple[ToolUse, ...]:
        found: list[ToolUse] = []
        for use in uses:
            _, record = self.journal.get(f"{self.prefix}{key}/tool:{use.id}", ("", None))
            found.append(replace(use, arguments=record["arguments"]) if record else use)
        return tuple(found)

    def call_tool(self, key: str, name: str, arguments: JsonObject, *, rule: JsonObject | None = None) -> Json:
        tool, checked = checked_use(
            ToolUse(id="", name=name, arguments=arguments), tools=self.tool_types, allowed=self.tool_types
        )
        return self._call(key, tool, checked.model_dump(mode="json"), rule, self._exposure(key), "")["result"]

    def ask(self, key: str, question: PersonQuestion) -> Decision:
        return self._decided(key, question)

    def _decided(self, key: str, question: PersonQuestion) -> Decision:
        self.asked[self.prefix + key] = question
        if self.prefix + key not in self.decisions:
            raise Suspended(frozenset({self.prefix + key}))
        return self.decisions[self.prefix + key]

    def sleep_until(self, key: str, due: datetime) -> None:
        self.waits[key] = due
        if key not in self.due:
            raise Suspended(frozenset({key}))

    def wait_for_event(self, key: str, *, name: str, correlation: str, timeout: float | None) -> Json:
        self.waits[key] = {"name": name, "correlation": correlation, "timeout": timeout}
        if key in self.due:
            return None
        if key not in self.events:
            raise Suspended(frozenset({key}))
        return self.events[key]

    def run_items(self, key: str, items: Sequence[Json], *, cap: int, stop_on_error: bool) -> "FakeCollected":
        return run_body(self, key, items, cap=cap, stop_on_error=stop_on_error)

    def matches(self, pattern: str, text: str) -> bool:
        try:
            return matches(pattern, text)
        except WrongPattern as error:
            raise NodeError(str(error)) from None

    def _recorded(self, key: str, kind: str, call: Callable[[], Json]) -> Json:
        whole = self.prefix + key
        assert whole not in self._seen, f"the key {whole} is used twice in one run of the node's code"
        self._seen.add(whole)
        if whole not in self.journal:
            self.journal[whole] = (kind, call())
        recorded, value = self.journal[whole]
        assert recorded == kind, f"{whole} was {recorded} and is {kind} now"
        return value


from tests.fakes.items import FakeCollected, run_body  # noqa: E402  (it runs nodes on contexts like this one)
