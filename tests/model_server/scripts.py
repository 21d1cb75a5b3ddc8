"""Scripts: which turn answers a request.

  {"name": "weather", "for": {"model": "m", "header": {"x-run": "7"}, "metadata": {"run": "7"}},
   "turns": [TURN, ...], "otherwise": TURN}

A script takes the requests for which all of `for` holds (nothing in `for`: every request); the one with the most conditions
wins, then the newest. Of its turns the first whose `when` holds answers; else, of those without `when`, the one whose place is
the number of answers that the model has already given. That number is counted in the request, so a retry gets the same turn and
the server keeps no state for it. Without a turn the answer is status 400, which no client repeats, or `otherwise`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.model_server.conversation import Conversation
from tests.model_server.faults import checked_fault

SPEED = {"latency", "rate", "jitter"}
ANSWER = {"text", "reasoning", "tokens", "json", "tool_calls", "refusal", "stop", "usage", "usage_raw"}
TURN = SPEED | ANSWER | {"when", "fault", "headers"}
CONDITIONS: dict[str, Callable[[Conversation, Any], bool]] = {
    "turn": lambda conversation, value: conversation.turn == value,
    "contains": lambda conversation, value: value in conversation.text,
    "latest_contains": lambda conversation, value: value in conversation.latest_text(),
    "tool_result": lambda conversation, value: value in conversation.latest_results,
    "any_tool_result": lambda conversation, value: value in conversation.results,
    "offers_tool": lambda conversation, value: value in conversation.tools,
    "protocol": lambda conversation, value: conversation.protocol == value,
}
ANYONE = {"model", "header", "metadata"}
TEXTS = ("text", "reasoning", "refusal")


class WrongScript(ValueError):
    """What was posted is not a script."""


def _only(what: str, value: Any, allowed: set[str]) -> dict:
    if not isinstance(value, dict):
        raise WrongScript(f"{what} must be an object")
    if unknown := value.keys() - allowed:
        raise WrongScript(f"{what} does not know {sorted(unknown)}; it knows {sorted(allowed)}")
    return value


def checked_turn(turn: Any) -> dict:
    """The turn itself, or WrongScript: a typing error must not become a silent default."""
    _only("a turn", turn, TURN)
    _only("when", turn.get("when", {}), set(CONDITIONS))
    for call in turn.get("tool_calls") or []:
        if not isinstance(_only("a tool call", call, {"name", "arguments"}).get("name"), str):
            raise WrongScript("a tool call needs a name")
    _only("usage", turn.get("usage") or {}, {"input", "output", "cached", "reasoning", "total"})
    if not all(isinstance(turn.get(key, ""), str) for key in TEXTS):
        raise WrongScript("text and refusal are strings")
    if turn.get("stop", "end") not in ("end", "length"):
        raise WrongScript("stop is 'end' or 'length'")
    try:
        for fault in listed(turn.get("fault")):
            checked_fault(fault)
    except ValueError as error:
        raise WrongScript(str(error)) from error
    return dict(turn)


def listed(value: object) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]


class Script:
    def __init__(self, source: Any) -> None:
        _only("a script", source, {"name", "for", "turns", "otherwise"})
        self.source = source
        self.name = source.get("name", "default")
        self.conditions = _only("for", source.get("for", {}), ANYONE)
        if not isinstance(source.get("turns"), list):
            raise WrongScript("a script needs a list of turns")
        turns = list(enumerate(map(checked_turn, source["turns"])))
        self.conditional = [(place, turn) for place, turn in turns if turn.get("when")]
        self.ordered = [(place, turn) for place, turn in turns if not turn.get("when")]
        self.otherwise = checked_turn(source["otherwise"]) if source.get("otherwise") is not None else None

    def weight(self) -> int:
        return sum(len(value) if isinstance(value, dict) else 1 for value in self.conditions.values())

    def takes(self, conversation: Conversation, headers: Mapping[str, str]) -> bool:
        metadata = conversation.body.get("metadata") or {}
        return (
            self.conditions.get("model", conversation.model) == conversation.model
            and all(headers.get(name) == value for name, value in self.conditions.get("header", {}).items())
            and all(metadata.get(name) == value for name, value in self.conditions.get("metadata", {}).items())
        )

    def turn_for(self, conversation: Conversation) -> tuple[int | str, dict] | None:
        for place, turn in self.conditional:
            if all(CONDITIONS[name](conversation, value) for name, value in turn["when"].items()):
                return place, turn
        if conversation.turn < len(self.ordered):
            return self.ordered[conversation.turn]
        return ("otherwise", self.otherwise) if self.otherwise is not None else None


class Scripts:
    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}

    def put(self, sources: object) -> list[str]:
        """One script or a list of them; a script replaces the one of the same name. All are checked before any is taken."""
        fresh = [Script(source) for source in listed(sources)]
        for script in fresh:
            self.scripts.pop(script.name, None)
            self.scripts[script.name] = script
        return [script.name for script in fresh]

    def remove(self, name: str) -> None:
        self.scripts.pop(name, None)

    def choose(self, conversation: Conversation, headers: Mapping[str, str]) -> Script | None:
        fitting = [script for script in reversed(self.scripts.values()) if script.takes(conversation, headers)]
        return max(fitting, key=Script.weight, default=None)
