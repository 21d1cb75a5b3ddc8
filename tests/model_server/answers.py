"""What the model answers: text, tool calls or a refusal, with usage, before it takes the form of a protocol."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.model_server.conversation import Conversation

LONG = 1 << 18  # a text longer than this is streamed in pieces of LONG_PIECE, not word by word
LONG_PIECE = 1 << 16
ARGUMENTS_PIECE = 8


@dataclass(slots=True)
class ToolCall:
    name: str
    arguments: str  # JSON text, or on purpose not

    def parsed(self) -> object:
        """For Messages, where a whole answer carries an object. Text that is not JSON stays text, which a client must refuse."""
        try:
            return json.loads(self.arguments)
        except ValueError:
            return self.arguments


@dataclass(slots=True)
class Answer:
    """`usage` has input, output, cached, reasoning and total; None leaves it out. `usage_raw` replaces it on the wire."""

    text: str | None = None
    tool_calls: list[ToolCall] = field(default_factory=list)
    refusal: str | None = None
    reasoning: str | None = None
    cut_by_length: bool = False
    usage: dict | None = None
    usage_raw: dict | None = None

    def signature(self) -> str:
        """Stands for the vendor's seal on its reasoning: who changes the one must not get away with the other."""
        return seal(self.reasoning or "")

    def kind(self) -> str:
        return "refusal" if self.refusal is not None else "tool_calls" if self.tool_calls else "text"


def seal(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def text_pieces(text: str) -> list[str]:
    if len(text) > LONG:
        return [text[start : start + LONG_PIECE] for start in range(0, len(text), LONG_PIECE)]
    return re.findall(r"\s*\S+\s*", text) or [text]


def argument_pieces(arguments: str) -> Iterator[str]:
    size = LONG_PIECE if len(arguments) > LONG else ARGUMENTS_PIECE
    for start in range(0, len(arguments) or 1, size):
        yield arguments[start : start + size]


def make_answer(turn: dict, conversation: Conversation) -> Answer:
    """From a turn of a script, the settings or a marker. Without words of its own it obeys tool_choice and the JSON schema."""
    answer = Answer(
        refusal=turn.get("refusal"), reasoning=turn.get("reasoning"), cut_by_length=turn.get("stop") == "length"
    )
    answer.tool_calls = [_tool_call(call) for call in turn.get("tool_calls") or []]
    if "json" in turn:
        answer.text = json.dumps(turn["json"])
    elif "text" in turn:
        answer.text = turn["text"]
    elif not answer.tool_calls and answer.refusal is None:
        _default(answer, turn, conversation)
    _count(answer, turn, conversation)
    return answer


def _tool_call(call: dict) -> ToolCall:
    arguments = call.get("arguments", {})
    return ToolCall(call["name"], arguments if isinstance(arguments, str) else json.dumps(arguments))


def _default(answer: Answer, turn: dict, conversation: Conversation) -> None:
    forced = conversation.forced_tool
    if forced and not conversation.latest_results:
        answer.tool_calls = [
            ToolCall(forced, json.dumps(smallest(conversation.tools.get(forced) or {"type": "object"})))
        ]
    elif conversation.schema is not None:
        answer.text = json.dumps(smallest(conversation.schema))
    else:
        answer.text = " ".join(f"w{number}" for number in range(int(turn["tokens"])))


def _count(answer: Answer, turn: dict, conversation: Conversation) -> None:
    """Four characters a token in, one word a token out, unless the turn says otherwise (also what cannot be true)."""
    answer.usage_raw = turn.get("usage_raw")
    if "usage" in turn and turn["usage"] is None:
        return
    words = text_pieces((answer.refusal or "") + (answer.text or ""))
    usage = {"input": max(1, len(conversation.text) // 4), "cached": 0, "reasoning": 0}
    usage["output"] = len(words) + sum(len(call.arguments) // 4 for call in answer.tool_calls)
    usage |= turn.get("usage") or {}
    usage.setdefault("total", usage["input"] + usage["output"])
    answer.usage = usage


def smallest(schema: object, root: dict | None = None, depth: int = 0) -> object:
    """A small value that fits the usual JSON Schema keywords (patterns and formats are not looked at)."""
    if not isinstance(schema, dict) or depth > 32:
        return None
    root = schema if root is None else root
    if "$ref" in schema:
        return smallest(_target(schema["$ref"], root), root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return smallest(schema[key][0], root, depth + 1)
    return _smallest_of_type(schema, root, depth)


def _target(reference: str, root: dict) -> object:
    target: dict = root
    for step in reference.removeprefix("#/").split("/"):
        target = target[step]
    return target


def _smallest_of_type(schema: dict, root: dict, depth: int) -> object:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        return {key: smallest(value, root, depth + 1) for key, value in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [smallest(schema.get("items") or {}, root, depth + 1)] * int(schema.get("minItems") or 0)
    if kind in ("integer", "number"):
        return (int if kind == "integer" else float)(schema.get("minimum") or 0)
    return {"boolean": True, "null": None}.get(str(kind), "x" * max(1, int(schema.get("minLength") or 1)))
