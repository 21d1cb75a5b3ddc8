"""Claude models through Anthropic's Messages API, streamed or not, with tools, structured output and prompt caching."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from orchestrator.contract.messages import (
    PICTURES,
    Attachment,
    Delta,
    Message,
    ModelAnswer,
    ModelInfo,
    ModelRequest,
    OnDelta,
    Opaque,
    Part,
    Stop,
    Text,
    ToolResult,
    ToolUse,
)
from orchestrator.contract.provider import ProviderType
from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers._clean import clean_text
from orchestrator.providers._errors import SdkErrors, of_event, readable, translated
from orchestrator.providers._parts import (
    base64_text,
    opaque,
    results_first,
    stop_for,
    text_part,
    tool_use,
    usage,
    with_own_ids,
    with_texts,
)
from orchestrator.providers._reading import read_body, read_stream
from orchestrator.providers._schemas import closed, in_words
from orchestrator.providers._transport import TIMEOUT, http_client

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

NAME = "anthropic"
MUST_STREAM = 21_333
"""Above so many max_tokens the vendor may take more than ten minutes and demands a stream ("Errors", long requests)."""
STOPS = {
    "tool_use": Stop.TOOLS,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "refusal": Stop.REFUSAL,
}


class Settings(BaseModel):
    """What a connection stores openly."""

    model_config = ConfigDict(extra="forbid")

    base_url: HttpUrl = Field(
        HttpUrl("https://api.anthropic.com"), title="Base URL", description="Another address for a proxy or a gateway."
    )


class Anthropic:
    """A client of one connection."""

    def __init__(self, client: "AsyncAnthropic", errors: SdkErrors) -> None:
        self._client, self._errors = client, errors

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None) -> ModelAnswer:
        streams = on_delta is not None or request.max_tokens > MUST_STREAM
        create: Any = self._client.messages.with_streaming_response.create
        with translated(self._errors):
            async with create(**parameters(request), stream=streams) as response:
                identity = response.http_response.headers.get("request-id", "")
                if streams:
                    body = await read_stream(response, Collector(self._errors), on_delta, vendor=self._errors.vendor)
                else:
                    body = await read_body(response, vendor=self._errors.vendor)
        with readable(self._errors.vendor):
            return answer(body, request_id=clean_text(identity))

    async def models(self) -> Sequence[ModelInfo]:
        with translated(self._errors), readable(self._errors.vendor):
            found = [one async for one in self._client.models.list()]
            return [ModelInfo(name=one.id, title=one.display_name, context=one.max_input_tokens) for one in found]

    async def close(self) -> None:
        await self._client.close()


def parameters(request: ModelRequest) -> dict[str, Json]:
    """The request in the form of "Messages: create a message"."""
    request = with_texts(request)
    schema = closed(request.output_schema) if request.output_schema is not None else None
    system = request.system
    if request.output_schema is not None and schema is None:
        system = f"{system}\n\n{in_words(request.output_schema)}".strip()
    chosen = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": [block for message in request.messages for block in _message(message)],
        "system": clean_text(system),
        "extra_body": {"temperature": request.temperature} if request.temperature is not None else None,
        "tools": [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.schema)}
            for tool in request.tools
        ],
        "tool_choice": {"type": "any"} if request.must_use_tool and request.tools else None,
        "output_config": {"format": {"type": "json_schema", "schema": schema}} if schema else None,
        "cache_control": {"type": "ephemeral"} if request.tools or len(request.messages) > 1 else None,
    }
    return {name: value for name, value in chosen.items() if value not in (None, "", [])}


def _message(message: Message) -> Iterator[JsonObject]:
    content = [block for part in results_first(message) for block in _block(part)]
    if content:
        yield {"role": message.role.value, "content": content}


def _block(part: Part) -> Iterator[JsonObject]:
    match part:
        case Text() if part.text.strip():
            yield {"type": "text", "text": clean_text(part.text)}
        case ToolUse():
            yield {"type": "tool_use", "id": part.id, "name": part.name, "input": dict(part.arguments)}
        case ToolResult():
            said = {"content": clean_text(part.content)} if part.content else {}
            yield {"type": "tool_result", "tool_use_id": part.id, "is_error": part.is_error, **said}
        case Opaque() if part.provider == NAME:
            yield part.value
        case Attachment():
            yield _file(part)


def _file(part: Attachment) -> JsonObject:
    """An image or document block of "Vision" and "PDF support"."""
    source = {"type": "base64", "media_type": part.media_type, "data": base64_text(part)}
    if part.media_type in PICTURES:
        return {"type": "image", "source": source}
    return {"type": "document", "source": source, "title": clean_text(part.name)}


def answer(body: JsonObject, *, request_id: str) -> ModelAnswer:
    """The answer from a message as "Messages" describes it."""
    stop = STOPS.get(body["stop_reason"], Stop.END)
    parts = with_own_ids(part for block in body["content"] for part in _part(block))
    if stop is Stop.REFUSAL and not any(isinstance(part, Text) for part in parts):
        parts += tuple(text_part((body.get("stop_details") or {}).get("explanation") or ""))
    read = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    used = usage(
        body.get("usage"),
        read=read,
        written="output_tokens",
        cached=("cache_read_input_tokens",),
        cache_write=("cache_creation_input_tokens",),
        reasoning=("output_tokens_details", "thinking_tokens"),
    )
    return ModelAnswer(
        model=clean_text(body["model"]), parts=parts, stop=stop_for(parts, stop), usage=used, request_id=request_id
    )


def _part(block: JsonObject) -> Iterator[Part]:
    match block["type"]:
        case "text":
            yield from text_part(block["text"])
        case "tool_use":
            yield tool_use(identity=block["id"], name=block["name"], arguments=block["input"])
        case _:
            yield opaque(NAME, block)


class Collector:
    """Events of "Streaming messages" put together to the message they stand for."""

    def __init__(self, errors: SdkErrors) -> None:
        self._errors = errors
        self._message: dict[str, Json] = {}
        self._blocks: dict[int, dict[str, Json]] = {}
        self.has_ended = False

    @property
    def is_last(self) -> bool:
        return self.has_ended

    def take(self, event: JsonObject) -> Delta | None:
        match event["type"]:
            case "message_start":
                self._message = dict(event["message"])
            case "content_block_start":
                return self._begin(event)
            case "content_block_delta":
                return self._go_on(self._blocks[event["index"]], event["delta"])
            case "message_delta":
                self._finish(event)
            case "message_stop":
                self.has_ended = bool(self._message)
            case "error":
                raise of_event(self._errors, kind=event["error"]["type"], message=str(event["error"].get("message")))
        return None

    def whole(self) -> JsonObject:
        blocks = [_joined(self._blocks[index]) for index in sorted(self._blocks)]
        return self._message | {"content": blocks}

    def _begin(self, event: JsonObject) -> Delta | None:
        block = dict(event["content_block"])
        self._blocks[event["index"]] = block | {"pieces": {}}
        return Delta(tool=clean_text(block["name"])) if block["type"] == "tool_use" else None

    def _go_on(self, block: dict[str, Json], delta: JsonObject) -> Delta | None:
        for name, piece in delta.items():
            if name != "type":
                block["pieces"].setdefault(name, []).append(piece)
        return Delta(text=clean_text(delta["text"])) if delta["type"] == "text_delta" else None

    def _finish(self, event: JsonObject) -> None:
        self._message |= event["delta"]
        told = {name: value for name, value in (event.get("usage") or {}).items() if value is not None}
        if told:
            self._message["usage"] = (self._message.get("usage") or {}) | told


def _joined(block: dict[str, Json]) -> JsonObject:
    """A block with the pieces of its deltas; of a tool call the arguments as text, as they came."""
    whole = {name: value for name, value in block.items() if name != "pieces"}
    for name, pieces in block["pieces"].items():
        if name == "partial_json":
            whole["input"] = "".join(pieces)
        elif name == "citation":
            whole["citations"] = pieces
        else:
            whole[name] = (whole.get(name) or "") + "".join(pieces)
    return whole


def make(settings: BaseModel, secrets: Mapping[str, str], transport: httpx2.AsyncBaseTransport) -> Anthropic:
    """The client of one connection; the SDK is imported here for the sake of the start time."""
    import anthropic  # noqa: PLC0415

    if not isinstance(settings, Settings):
        raise TypeError(settings)
    key = secrets["api_key"]
    client = anthropic.AsyncAnthropic(
        api_key=key, base_url=str(settings.base_url), http_client=http_client(transport), max_retries=0, timeout=TIMEOUT
    )
    errors = SdkErrors(
        vendor="Anthropic",
        status=anthropic.APIStatusError,
        timeout=anthropic.APITimeoutError,
        connection=anthropic.APIConnectionError,
        other=anthropic.AnthropicError,
        secrets=(key,),
    )
    return Anthropic(client, errors)


PROVIDER = ProviderType(
    name=NAME,
    title="Anthropic",
    icon="sparkles",
    description=__doc__ or "",
    settings=Settings,
    secrets=("api_key",),
    make=make,
    example={"base_url": "https://api.anthropic.com"},
    aliases={"fast": "claude-haiku-5-5", "strong": "claude-opus-5-5", "default": "claude-sonnet-5-5"},
)
