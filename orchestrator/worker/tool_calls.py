"""The tool calls of one turn: ruled, asked where people must look, run side by side, journalled one by one.

An approved call runs now, not when its sibling is decided; a rejected one never runs. Each is recorded under its own key.
"""

import asyncio
import inspect
import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from pydantic import BaseModel

from orchestrator.contract.errors import CallError, CallTimeout, Suspended, ToolRefused, UnknownOutcome
from orchestrator.contract.messages import ToolResult, ToolUse
from orchestrator.contract.policies import (
    Exposure,
    Ruling,
    checked_arguments,
    checked_use,
    result_text,
    ruling,
)
from orchestrator.contract.questions import Decision, Kind, PersonQuestion
from orchestrator.contract.tool import Policy, ToolType
from orchestrator.engine.messages import Ask
from orchestrator.engine.values import BatonError, Json, JsonObject
from orchestrator.operations import calls
from orchestrator.operations.calls import Holds, Intent, Outcome
from orchestrator.registry import tool_types
from orchestrator.worker import hiding, io
from orchestrator.worker.held import holding
from orchestrator.worker.journal import IncidentNeeded, Journal, Stopped
from orchestrator.worker.limits import taking
from orchestrator.worker.tool_context import StepToolContext, Tooling
from teams.opened import redact_opened

LONGEST_TOOL = 120.0
LONGEST_ID = 100
LOOK_EVERY = 1.0
_pool = ThreadPoolExecutor(64, thread_name_prefix="tool")
"""For blocking tools; code in it may not fan out again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A call that may be made: with the arguments that people left it."""

    key: str
    use: ToolUse
    tool: ToolType
    arguments: BaseModel
    read_only: bool
    idempotent: bool


@dataclass(slots=True)
class Turn:
    """The calls of one turn while they are sorted: what is known, what may run, what waits for people."""

    results: dict[str, ToolResult] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    waits: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ToolCalls:
    """Of one execution of a step's code."""

    journal: Journal
    tooling: Tooling
    inherited: Exposure

    def run(
        self,
        key: str,
        uses: Sequence[ToolUse],
        *,
        allowed: Collection[str],
        policies: Mapping[str, JsonObject],
        said: str = "",
    ) -> tuple[ToolResult, ...]:
        """See contract.context.Context.tools."""
        turn = Turn()
        keys = keys_of(key, uses)
        for one, use in zip(keys, uses, strict=True):
            self._sort(turn, one, use, allowed=allowed, policies=policies, said=said)
        self.journal.ask(turn.asks)
        self._make_all(turn)
        if turn.waits:
            raise Suspended(frozenset(turn.waits))
        return tuple(turn.results[one] for one in keys)

    def one(self, key: str, name: str, arguments: JsonObject, *, rule: JsonObject | None) -> Json:
        """See contract.context.Context.call_tool."""
        turn = Turn()
        use = ToolUse(id=key, name=name, arguments=arguments)
        self._sort(turn, key, use, allowed={name}, policies={name: rule} if rule else {}, said="")
        self.journal.ask(turn.asks)
        self._make_all(turn)
        if turn.waits:
            raise Suspended(frozenset(turn.waits))
        result = turn.results[key]
        if result.is_error:
            raise CallError(result.content)
        return json.loads(self.journal.entries()[key].outcome or "null")["result"]

    def effective(self, key: str, uses: Sequence[ToolUse]) -> tuple[ToolUse, ...]:
        """See contract.context.Context.effective_uses."""
        return tuple(self._as_decided(one, use) for one, use in zip(keys_of(key, uses), uses, strict=True))

    def _as_decided(self, key: str, use: ToolUse) -> ToolUse:
        decision = self.journal.decision(key)
        if decision is not None and decision.verdict == "edited" and isinstance(decision.value, Mapping):
            return replace(use, arguments=_as_edited(use, decision.value), malformed="")
        return use

    def _sort(
        self,
        turn: Turn,
        key: str,
        use: ToolUse,
        *,
        allowed: Collection[str],
        policies: Mapping[str, JsonObject],
        said: str,
    ) -> None:
        entry = self.journal.found(key=key, kind="tool", target=use.name, digest=_digest(self._as_decided(key, use)))
        if entry is not None:
            turn.results[key] = _result(use, json.loads(entry.outcome or "null"))
            return
        try:
            tool, arguments = checked_use(use, tools=tool_types(), allowed=allowed)
            found = ruling(tool=tool, arguments=arguments, rule=policies.get(use.name), exposure=self._exposure())
            self._rule(turn, key, use, tool=tool, arguments=arguments, found=found, said=said)
        except ToolRefused as refused:
            turn.results[key] = ToolResult(id=use.id, name=use.name, content=str(refused), is_error=True)

    def _exposure(self) -> Exposure:
        done = [entry.target for entry in self.journal.entries().values() if entry.kind == "tool"]
        return self.inherited.after(tool_types()[name] for name in done if name in tool_types())

    def _rule(
        self, turn: Turn, key: str, use: ToolUse, *, tool: ToolType, arguments: BaseModel, found: Ruling, said: str
    ) -> None:
        if found.policy is Policy.DENY:
            raise ToolRefused(found.why)
        if found.policy is Policy.ASK:
            decision = self.journal.decision(key)
            if decision is None:
                turn.waits.add(key)
                turn.asks.append(self._question(key, tool, arguments, found, said))
                return
            arguments = _decided(tool, arguments, decision)
        self._plan(turn, key, use, tool=tool, arguments=arguments)

    def _plan(self, turn: Turn, key: str, use: ToolUse, *, tool: ToolType, arguments: BaseModel) -> None:
        effects = tool.effects(arguments)
        entry = self.journal.entries().get(key)
        if entry is not None and entry.status == "started" and not effects.idempotent:
            raise IncidentNeeded("unknown_outcome", {"key": key, "tool": tool.name})
        turn.planned.append(
            Planned(
                key=key,
                use=self._as_decided(key, use),
                tool=tool,
                arguments=arguments,
                read_only=effects.read_only,
                idempotent=effects.idempotent,
            )
        )

    def _question(self, key: str, tool: ToolType, arguments: BaseModel, found: Ruling, said: str) -> Ask:
        shown = hiding.shown_arguments(tool, arguments)
        question = PersonQuestion(
            kind=Kind.TOOL_CALL,
            title=f"{tool.title}?",
            subject={"tool": tool.name, "arguments": shown},
            schema=tool.arguments.model_json_schema(),
            queue=found.queue,
            instructions=found.why,
            context=redact_opened(said) or None,
        )
        return self.journal.person_ask(key, question)

    # Making the calls

    def _make_all(self, turn: Turn) -> None:
        """Intents of all that change something in one transaction; then everything side by side, each recorded when done."""
        if turn.planned:
            self.journal.demand_lease()
        intents = [self._intent(one) for one in turn.planned if not one.read_only]
        held = taking(self.journal, lambda: self.journal.begin(intents)) if intents else []
        holds = dict(zip([one.key for one in intents], held, strict=True))
        futures = {one.key: self._start(one) for one in turn.planned if not one.tool.asks}
        errors: list[BaseException] = []
        for one in turn.planned:
            try:
                turn.results[one.key] = self._finish(one, futures.get(one.key), holds.get(one.key))
            except Suspended as suspended:
                turn.waits |= suspended.keys
            except (BatonError, IncidentNeeded, Stopped) as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _intent(self, one: Planned) -> Intent:
        return Intent(
            key=one.key,
            kind="tool",
            target=one.tool.name,
            digest=_digest(one.use),
            request=self._stored_arguments(one),
            is_idempotent=one.idempotent,
        )

    def _stored_arguments(self, one: Planned) -> str:
        return json.dumps({"arguments": hiding.shown_arguments(one.tool, one.arguments)}, ensure_ascii=False)

    def _start(self, one: Planned) -> "Future[Json]":
        context = StepToolContext(key=one.key, tooling=self.tooling, journal=self.journal)
        run = one.tool.run
        if inspect.iscoroutinefunction(run):

            async def limited() -> Json:
                async with asyncio.timeout(LONGEST_TOOL):
                    return await run(context, one.arguments)

            future: Future[Json] = io.submit(limited)
        else:
            future = _pool.submit(run, context, one.arguments)
        holding.track(self.journal.claim, future)
        return future

    def _finish(self, one: Planned, future: "Future[Json] | None", held: Holds | None) -> ToolResult:
        """Wait for the call, record it. What the tool refuses is a result for the model; what fails for now is an error."""
        outcome = Outcome(key=one.key, kind="tool", target=one.tool.name, holds=held or Holds())
        try:
            value: Json = {"result": hiding.without_opened(self._result_of(one, future))}
        except ToolRefused as refused:
            value = {"refused": hiding.without_opened(str(refused))}
        except (UnknownOutcome, CallTimeout) as unknown:
            if isinstance(unknown, CallTimeout) and one.idempotent:
                self._record_failure(outcome, unknown, held)
                raise
            raise IncidentNeeded(
                "unknown_outcome", {"key": one.key, "tool": one.tool.name, "said": str(unknown)}
            ) from unknown
        except BatonError as error:
            self._record_failure(outcome, error, held)
            raise
        if held is not None:
            self.journal.end(outcome, value, is_idempotent=one.idempotent)
        else:
            request = self._stored_arguments(one)
            target, digest = one.tool.name, _digest(one.use)
            self.journal.record(key=one.key, kind="tool", target=target, digest=digest, request=request, value=value)
        return _result(one.use, value)

    def _record_failure(self, outcome: Outcome, error: BatonError, held: Holds | None) -> None:
        if held is not None:
            said = json.dumps({"code": error.code, "message": str(error)[:2000]}, ensure_ascii=False)
            self.journal.end(replace(outcome, error=said))

    def _result_of(self, one: Planned, future: "Future[Json] | None") -> Json:
        if future is None:
            context = StepToolContext(key=one.key, tooling=self.tooling, journal=self.journal)
            return one.tool.run(context, one.arguments)
        while not wait([future], timeout=LOOK_EVERY).done:
            if holding.is_stopped(self.journal.claim):  # a blocking tool cannot be ended, only left behind
                raise CallTimeout("The step's time is over.") if holding.is_overdue(self.journal.claim) else Stopped
        try:
            return future.result()
        except TimeoutError as error:
            raise CallTimeout(f"{one.tool.title} took longer than {LONGEST_TOOL:.0f} s.") from error
        except CancelledError as error:
            if holding.is_overdue(self.journal.claim):
                raise CallTimeout("The step's time is over.") from error
            raise Stopped from error


def keys_of(key: str, uses: Sequence[ToolUse]) -> list[str]:
    """The journal's key of each call. The ids are a vendor's: a long one is named by its digest, a repeated one counted."""
    found: list[str] = []
    for use in uses:
        name = use.id if len(use.id) <= LONGEST_ID else calls.digest_of(use.id)
        same = sum(one.id == use.id for one in uses[: len(found)])
        found.append(f"{key}/tool:{name}" + (f"~{same + 1}" if same else ""))
    return found


def _decided(tool: ToolType, arguments: BaseModel, decision: Decision) -> BaseModel:
    """The arguments that people approved. Raises ToolRefused with their words where they did not."""
    if decision.verdict == "edited" and isinstance(decision.value, Mapping):
        shown, real = hiding.shown_arguments(tool, arguments), hiding.real_arguments(arguments)
        return checked_arguments(tool, hiding.restored(_edited(decision.value), shown=shown, real=real))
    if decision.verdict == "approved":
        return arguments
    comment = f" They said: {decision.comment}" if decision.comment else ""
    raise ToolRefused(f"People did not allow this call.{comment}")


def _as_edited(use: ToolUse, value: JsonObject) -> JsonObject:
    """What the model reads that it called: the person's arguments, and its own where those were hidden from the person."""
    edited, tool = _edited(value), tool_types().get(use.name)
    if tool is None:
        return edited
    try:
        arguments = checked_arguments(tool, use.arguments)
        shown, real = hiding.shown_arguments(tool, arguments), hiding.real_arguments(arguments)
        return hiding.restored(edited, shown=shown, real=real)
    except ToolRefused:
        return edited


def _edited(value: JsonObject) -> JsonObject:
    """People send the arguments, or the whole subject with them in it."""
    inner = value.get("arguments")
    return inner if isinstance(inner, Mapping) and "tool" in value else value


def _digest(use: ToolUse) -> str:
    return calls.digest_of(json.dumps([use.name, use.arguments], sort_keys=True, ensure_ascii=False))


def _result(use: ToolUse, value: JsonObject) -> ToolResult:
    if "refused" in value:
        return ToolResult(id=use.id, name=use.name, content=value["refused"], is_error=True)
    return ToolResult(id=use.id, name=use.name, content=result_text(value["result"]))
