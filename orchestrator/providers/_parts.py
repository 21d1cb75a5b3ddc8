"""Pieces of answers in the contract's form: tool calls that may be malformed, usage that may be missing or untrue."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import replace

from orchestrator.contract.messages import (
    Attachment,
    Message,
    ModelRequest,
    Opaque,
    Part,
    Role,
    Stop,
    Text,
    ToolResult,
    ToolUse,
    Usage,
)
from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers._clean import clean, clean_text
from orchestrator.providers._reading import loads


def with_texts(request: ModelRequest) -> ModelRequest:
    """The request with the files that are texts as texts, after what is asked about them: every vendor reads those."""
    if not any(_is_text(part) for message in request.messages for part in message.parts):
        return request
    return replace(request, messages=tuple(replace(one, parts=_texts_last(one.parts)) for one in request.messages))


def _texts_last(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(_as_text(part) for part in sorted(parts, key=_is_text))


def _is_text(part: Part) -> bool:
    return isinstance(part, Attachment) and part.is_text()


def _as_text(part: Part) -> Part:
    if not isinstance(part, Attachment) or not part.is_text():
        return part
    return Text(text=f"## {part.name}\n\n{clean_text(part.content.decode(errors='replace'))}")


def base64_text(part: Attachment) -> str:
    return b64encode(part.content).decode()


def data_url(part: Attachment) -> str:
    return f"data:{part.media_type};base64,{base64_text(part)}"


def text_part(text: str) -> Iterator[Part]:
    """The text as a part, if there is any."""
    if text:
        yield Text(text=clean_text(text))


def tool_use(*, identity: str, name: str, arguments: Json) -> ToolUse:
    """A tool call; `arguments` as text or as a value. What is no JSON object is kept in `malformed`."""
    said = arguments if isinstance(arguments, str) else json.dumps(arguments)
    try:
        value = loads(said) if said.strip() else {}
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return ToolUse(id=clean_text(identity), name=clean_text(name), arguments=clean(value))
    return ToolUse(id=clean_text(identity), name=clean_text(name), arguments={}, malformed=clean_text(said))


def opaque(provider: str, value: JsonObject) -> Opaque:
    return Opaque(provider=provider, value=clean(value))


def with_own_ids(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Some servers leave ids out or repeat them; answers to calls are found by them, so each gets its own."""
    seen: set[str] = set()
    kept: list[Part] = []
    for number, part in enumerate(parts):
        if isinstance(part, ToolUse):
            if not part.id or part.id in seen:
                part = replace(part, id=f"{part.id or 'call'}-{number}")  # noqa: PLW2901
            seen.add(part.id)
        kept.append(part)
    return tuple(kept)


def stop_for(parts: Iterable[Part], stop: Stop) -> Stop:
    """A vendor may end with tool calls and say that it ended."""
    if stop is Stop.END and any(isinstance(part, ToolUse) for part in parts):
        return Stop.TOOLS
    return stop


def count(source: Json, *path: str) -> int:
    """A number of tokens at a path; 0 where the vendor leaves it out. Raises ValueError for what is no count."""
    for name in path:
        source = source.get(name) if isinstance(source, dict) else None
    if source is None:
        return 0
    if isinstance(source, bool) or not isinstance(source, int) or source < 0:
        raise ValueError(f"{path}: no number of tokens")
    return source


def usage(source: Json, *, read: tuple[str, ...], written: str, **more: tuple[str, ...]) -> Usage | None:
    """The sum of `read`, what was `written` and the paths of `cached`, `cache_write`, `reasoning`.

    None where the vendor tells none, or what cannot be true.
    """
    if not isinstance(source, dict) or written not in source or read[0] not in source:
        return None
    try:
        details = {name: count(source, *path) for name, path in more.items()}
        return Usage(input=sum(count(source, name) for name in read), output=count(source, written), **details)
    except ValueError:
        return None


def results_first(message: Message) -> tuple[Part, ...]:
    """Vendors want the results of tools before what a person adds."""
    if message.role is Role.ASSISTANT:
        return message.parts
    return tuple(sorted(message.parts, key=lambda part: not isinstance(part, ToolResult)))


def arguments_text(use: ToolUse) -> str:
    """The arguments as the model wrote them."""
    return use.malformed or json.dumps(use.arguments, ensure_ascii=False)
