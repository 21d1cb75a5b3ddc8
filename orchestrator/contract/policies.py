"""Whether a tool may be called: its own policy, the node's rule over the arguments, and security S12. Pure.

The worker and the tests' fake decide by these functions, so that nothing can be allowed in one place alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from pydantic import BaseModel, ValidationError

from orchestrator.contract.errors import ToolRefused
from orchestrator.contract.messages import ToolUse
from orchestrator.contract.patterns import WrongPattern, matches
from orchestrator.contract.tool import Policy, ToolType
from orchestrator.engine.ancestry import before
from orchestrator.engine.conditions import OPERATORS, WrongCondition, check_condition, holds
from orchestrator.engine.graph import Graph, Node
from orchestrator.engine.templating import as_text, read_path
from orchestrator.engine.values import Json, JsonObject, NodeKey

MOST_RESULT_CHARACTERS = 200_000
EXPOSED = "It read text of strangers and holds your data: look at what would leave."
UNCLEAR = "The rule over the arguments could not be evaluated."
_ABSENCE = frozenset({"empty", "not_empty"})
_NUMERIC = frozenset({"above", "at_least", "below", "at_most"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What whoever calls tools has read so far: text that strangers wrote, data that is the team's."""

    untrusted: bool = False
    private: bool = False

    def after(self, tools: Iterable[ToolType]) -> Self:
        """The exposure once the results of these tools are read too."""
        read = tuple(tools)
        return type(self)(
            untrusted=self.untrusted or any(tool.reads_untrusted for tool in read),
            private=self.private or any(tool.reads_private for tool in read),
        )

    def is_dangerous(self) -> bool:
        return self.untrusted and self.private


def inherited(graph: Graph, key: NodeKey, tools_of: Callable[[Node], Iterable[ToolType]]) -> Exposure:
    """What a node starts with: what the tools of the nodes before it may have read, and the files that models look at in them
    or in it. The version fixes it."""
    earlier = [graph.nodes[before_it] for before_it in before(graph, key)]
    found = Exposure().after(tool for node in earlier for tool in tools_of(node))
    looks_at_files = any(node.config.get("files") for node in (*earlier, graph.nodes[key]))
    return replace(found, untrusted=found.untrusted or looks_at_files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What happens with a call: `queue` gets the review where it asks, `why` is for the reviewer or the model."""

    policy: Policy
    queue: str = "default"
    why: str = ""


def ruling(*, tool: ToolType, arguments: BaseModel, rule: JsonObject | None, exposure: Exposure) -> Ruling:
    """The ruling over one call with checked arguments.

    A rule of the node replaces the tool's own policy, where its `when` holds over the arguments or it has none. One that
    cannot be evaluated (a field that is not there, a number that is none, a wrong condition) asks, unless the call would
    be denied anyway. What leaves asks in any case once both kinds of data were read (S12).
    """
    effects = tool.effects(arguments)
    found = _by_rule(rule, effects.policy, arguments.model_dump(mode="json", by_alias=True))
    if found.policy is Policy.ALLOW and effects.leaves and exposure.is_dangerous():
        return Ruling(policy=Policy.ASK, queue=found.queue, why=EXPOSED)
    return found


def _by_rule(rule: JsonObject | None, default: Policy, arguments: JsonObject) -> Ruling:
    if rule is None:
        return Ruling(policy=default, why=_denied(default))
    policy, queue, condition = Policy(rule["policy"]), rule.get("queue") or "default", rule.get("when")
    if condition is None:
        return Ruling(policy=policy, queue=queue, why=_denied(policy))
    answer = evaluate(condition, arguments)
    if answer is None and default is not Policy.DENY:
        return Ruling(policy=Policy.ASK, queue=queue, why=UNCLEAR)
    taken = policy if answer else default
    return Ruling(policy=taken, queue=queue, why=_denied(taken))


def _denied(policy: Policy) -> str:
    return "This tool may not be called here." if policy is Policy.DENY else ""


def evaluate(condition: Json, values: Json) -> bool | None:
    """Whether the condition holds, or None where it cannot be evaluated: then people are asked."""
    try:
        check_condition(condition)
        if not _is_evaluable(condition, values):
            return None
        return holds(condition, values, read=read_path, matches=matches)
    except (WrongCondition, WrongPattern):
        return None


def _is_evaluable(condition: JsonObject, values: Json) -> bool:
    match condition:
        case {"all": parts} | {"any": parts}:
            return all(_is_evaluable(part, values) for part in parts)
        case {"not": part}:
            return _is_evaluable(part, values)
    operator, found = condition["is"], read_path(condition["field"], values)
    if operator in _ABSENCE:
        return True
    if operator in _NUMERIC:
        return _is_number(found) and _is_number(condition.get("value"))
    return found is not None and (operator in OPERATORS or isinstance(found, str))


def _is_number(value: Json) -> bool:
    try:
        return not isinstance(value, bool) and float(value) == float(value)
    except (TypeError, ValueError):
        return False


def checked_use(use: ToolUse, *, tools: Mapping[str, ToolType], allowed: Collection[str]) -> tuple[ToolType, BaseModel]:
    """The tool and its arguments, both checked. Raises ToolRefused with words that help the model to do better."""
    if use.name not in allowed or use.name not in tools:
        offered = ", ".join(sorted(allowed)) or "none"
        raise ToolRefused(f"There is no tool {use.name!r} here. The tools are: {offered}.")
    if use.malformed:
        raise ToolRefused(f"The arguments must be a JSON object; this is none: {use.malformed[:500]}")
    return tools[use.name], checked_arguments(tools[use.name], use.arguments)


def checked_arguments(tool: ToolType, arguments: JsonObject) -> BaseModel:
    """The arguments as the tool's own model, also those that people edited. Raises ToolRefused that says what is wrong."""
    try:
        return tool.arguments.model_validate(dict(arguments))
    except ValidationError as error:
        found = "; ".join(f"{_place(item['loc'])}: {item['msg']}" for item in error.errors()[:5])
        raise ToolRefused(f"Wrong arguments for {tool.name}: {found}. Correct them and call it again.") from None


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "arguments"


def result_text(result: Json) -> str:
    """A tool's result as a model reads it, cut at 200,000 characters, which it is told."""
    text = as_text(result)
    if len(text) <= MOST_RESULT_CHARACTERS:
        return text
    return f"{text[:MOST_RESULT_CHARACTERS]}\n[cut here: {len(text)} characters in all]"
