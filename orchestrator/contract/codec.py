"""The values of `messages` as JSON and back: how the journal and the provider's records keep them."""

from collections.abc import Mapping
from typing import assert_never

from orchestrator.contract.messages import (
    Attachment,
    Message,
    ModelAnswer,
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


def part_to_json(part: Part) -> Json:
    match part:
        case Text():
            return {"text": part.text}
        case ToolUse():
            return {"tool_use": part.id, "name": part.name, "arguments": part.arguments, "malformed": part.malformed}
        case ToolResult():
            return {"tool_result": part.id, "name": part.name, "content": part.content, "is_error": part.is_error}
        case Opaque():
            return {"opaque": part.provider, "value": part.value}
        case Attachment():
            about = {"name": part.name, "media_type": part.media_type, "size": part.size}
            return {"attachment": part.reference, **about}
        case _:
            assert_never(part)


def part_from_json(source: JsonObject) -> Part:
    match source:
        case {"text": text}:
            return Text(text=text)
        case {"tool_use": identity, "name": name, "arguments": arguments, "malformed": malformed}:
            return ToolUse(id=identity, name=name, arguments=arguments, malformed=malformed)
        case {"tool_result": identity, "name": name, "content": content, "is_error": is_error}:
            return ToolResult(id=identity, name=name, content=content, is_error=is_error)
        case {"opaque": provider, "value": value}:
            return Opaque(provider=provider, value=value)
        case {"attachment": reference, "name": name, "media_type": media_type, "size": size}:
            return Attachment(reference=reference, name=name, media_type=media_type, size=size)
    raise ValueError(source)


def message_to_json(message: Message) -> Json:
    return {"role": message.role.value, "parts": [part_to_json(part) for part in message.parts]}


def message_from_json(source: JsonObject) -> Message:
    return Message(role=Role(source["role"]), parts=tuple(part_from_json(part) for part in source["parts"]))


def usage_to_json(usage: Usage) -> dict[str, int]:
    names = ("input", "output", "cached", "cache_write", "reasoning")
    return {name: getattr(usage, name) for name in names}


def answer_to_json(answer: ModelAnswer) -> Json:
    return {
        "model": answer.model,
        "parts": [part_to_json(part) for part in answer.parts],
        "stop": answer.stop.value,
        "usage": usage_to_json(answer.usage) if answer.usage else None,
        "request_id": answer.request_id,
    }


def answer_from_json(source: JsonObject) -> ModelAnswer:
    usage = source["usage"]
    return ModelAnswer(
        model=source["model"],
        parts=tuple(part_from_json(part) for part in source["parts"]),
        stop=Stop(source["stop"]),
        usage=Usage(**usage) if isinstance(usage, Mapping) else None,
        request_id=source["request_id"],
    )
