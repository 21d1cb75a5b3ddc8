"""What a request says, in one form for the three protocols. The wire_ modules fill it, scripts and answers read it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

TEXT_KEYS = ("system", "instructions", "messages", "input", "content", "text", "output")
in_key_order = json.JSONEncoder(sort_keys=True).encode


class BadRequest(Exception):
    """The request is one that the real API refuses with status 400."""


@dataclass(slots=True)
class Conversation:
    """One request. `turn` is the number of answers that the model gave before it, counted in the request itself.

    `calls` maps the ids of earlier tool calls to names; `results` are the names of all tools with a result,
    `latest_results` those since the model's last answer; `latest` is everything since that answer.
    """

    protocol: str
    model: str
    body: dict
    turn: int = 0
    calls: dict[str, str] = field(default_factory=dict)
    results: list[str] = field(default_factory=list)
    latest_results: list[str] = field(default_factory=list)
    latest: list = field(default_factory=list)
    tools: dict[str, dict] = field(default_factory=dict)
    forced_tool: str | None = None
    schema: dict | None = None
    text: str = ""

    def model_answered(self) -> None:
        self.turn += 1
        self.latest, self.latest_results = [], []

    def add_result(self, call: str) -> None:
        name = self.calls.get(call, "")
        self.results.append(name)
        self.latest_results.append(name)

    def latest_text(self) -> str:
        return "\n".join(texts(self.latest))

    def digest(self) -> str:
        """Of what is said, without options and metadata: the same for every attempt of one call."""
        said = [self.body.get(key) for key in ("system", "instructions", "messages", "input", "previous_response_id")]
        return hashlib.blake2b(in_key_order(said).encode(), digest_size=16).hexdigest()


def texts(part: object) -> Iterator[str]:
    """All text of a request, last part last."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for item in part:
            yield from texts(item)
    elif isinstance(part, dict):
        for key in TEXT_KEYS:
            if key in part:
                yield from texts(part[key])


def require(condition: object, message: str) -> None:
    if not condition:
        raise BadRequest(message)


def checked_model(body: dict, message: str) -> str:
    model = body.get("model")
    require(isinstance(model, str), message)
    return str(model)
