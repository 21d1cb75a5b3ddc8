"""What is said to a model and what it answers, in one form for every vendor."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.engine.values import JsonObject


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    """A person, or the node on a person's behalf; also the results of tools."""
    ASSISTANT = "assistant"
    """The model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """The model wants a tool called. `id` is the vendor's, unique within the conversation."""

    id: str
    name: str
    arguments: JsonObject
    malformed: str = ""
    """What the model wrote as arguments where that is no JSON object; then `arguments` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What the tool gave back, as text for the model. `id` is that of the ToolUse."""

    id: str
    name: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A vendor's own piece of an answer that must be sent back as it was: a thinking block, a reasoning item."""

    provider: str
    value: JsonObject


PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that the model looks at itself: a picture, a PDF, or a text. `reference` is file:<id>. The content is read just
    before the call and is no part of what the journal keeps of it."""

    reference: str
    name: str
    media_type: str
    size: int
    content: bytes = field(default=b"", repr=False, compare=False)

    def is_text(self) -> bool:
        return self.media_type.startswith("text/")


Part = Text | ToolUse | ToolResult | Opaque | Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as a model sees it; `schema` is the JSON Schema of its arguments (an object)."""

    name: str
    description: str
    schema: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One call of a model. `model` is an alias (fast, strong, default) or `provider/name`; the caller resolves it."""

    model: str
    system: str = ""
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    must_use_tool: bool = False
    output_schema: JsonObject | None = None
    max_tokens: int = 4096
    temperature: float | None = None


class Stop(StrEnum):
    """Why the model stopped."""

    END = "end"
    """It had said all."""
    TOOLS = "tools"
    """It wants tools called."""
    LENGTH = "length"
    """It reached max_tokens."""
    REFUSAL = "refusal"
    """It, or its vendor, will not answer this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens. `input` counts all that was read, cached and cache_write included; `output` all that was written."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """`model` is the vendor's name of what answered. `usage` is None where the vendor told none."""

    model: str
    parts: tuple[Part, ...]
    stop: Stop
    usage: Usage | None = None
    request_id: str = ""

    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    def tool_uses(self) -> tuple[ToolUse, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolUse))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of an answer while it streams: text, or the beginning of a tool call."""

    text: str = ""
    tool: str = ""


OnDelta = Callable[[Delta], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model that a connection offers. Prices are micro-dollars per million tokens; None is unknown."""

    name: str
    title: str = ""
    context: int | None = None
    abilities: frozenset[str] = field(default_factory=frozenset)


def user(text: str) -> Message:
    return Message(role=Role.USER, parts=(Text(text=text),))
