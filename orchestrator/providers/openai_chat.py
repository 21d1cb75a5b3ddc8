"""Any server that speaks OpenAI's Chat Completions: Ollama, vLLM, LM Studio and many hosted ones, by its base URL."""

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
    arguments_text,
    data_url,
    opaque,
    stop_for,
    text_part,
    tool_use,
    usage,
    with_own_ids,
    with_texts,
)
from orchestrator.providers._reading import DONE, read_body, read_stream
from orchestrator.providers._schemas import in_words, is_strict
from orchestrator.providers._transport import TIMEOUT, http_client

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NAME = "openai_chat"
NO_KEY = "none"
STOPS = {"length": Stop.LENGTH, "content_filter": Stop.REFUSAL, "tool_calls": Stop.TOOLS, "function_call": Stop.TOOLS}
REASONING = ("reasoning_content", "reasoning_details")
"""Of DeepSeek and vLLM, and of OpenRouter: sent back with the tool calls that they led to."""


class Settings(BaseModel):
    """What a connection stores openly. A local server must be among the trusted hosts of the server's settings."""

    model_config = ConfigDict(extra="forbid")

    base_url: HttpUrl = Field(title="Base URL", description="The address before /chat/completions.")
    native_schemas: bool = Field(
        default=True, title="Native schemas", description="Whether the server knows response_format json_schema."
    )


class ChatCompletions:
    """A client of one connection."""

    def __init__(self, client: "AsyncOpenAI", errors: SdkErrors, *, native_schemas: bool) -> None:
        self._client, self._errors, self._native_schemas = client, errors, native_schemas

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None) -> ModelAnswer:
        chosen = parameters(request, native_schemas=self._native_schemas)
        if on_delta is not None:
            chosen |= {"stream": True, "stream_options": {"include_usage": True}}
        create: Any = self._client.chat.completions.with_streaming_response.create
        with translated(self._errors):
            async with create(**chosen) as response:
                identity = response.http_response.headers.get("x-request-id", "")
                if on_delta is not None:
                    body = await read_stream(response, Collector(self._errors), on_delta, vendor=self._errors.vendor)
                else:
                    body = await read_body(response, vendor=self._errors.vendor)
        with readable(self._errors.vendor):
            return answer(body, request_id=clean_text(identity))

    async def models(self) -> Sequence[ModelInfo]:
        with translated(self._errors), readable(self._errors.vendor):
            return [ModelInfo(name=one.id, title=one.id) async for one in self._client.models.list()]

    async def close(self) -> None:
        await self._client.close()


def parameters(request: ModelRequest, *, native_schemas: bool) -> dict[str, Json]:
    """The request in the form of "Chat Completions: create"; `max_tokens`, as compatible servers know no other name."""
    request = with_texts(request)
    schema = request.output_schema
    is_native = schema is not None and native_schemas and schema.get("type") == "object"
    system = request.system
    if schema is not None and not is_native:
        system = f"{system}\n\n{in_words(schema)}".strip()
    form = {"name": "answer", "schema": schema, "strict": is_strict(schema)}
    chosen = {
        "model": request.model,
        "messages": [*_system(system), *(one for message in request.messages for one in _messages(message))],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "tools": [_tool(tool.name, tool.description, tool.schema) for tool in request.tools],
        "tool_choice": "required" if request.must_use_tool and request.tools else None,
        "response_format": {"type": "json_schema", "json_schema": form} if is_native else None,
    }
    return {name: value for name, value in chosen.items() if value not in (None, "", [])}


def _system(text: str) -> Iterator[JsonObject]:
    if text:
        yield {"role": "system", "content": clean_text(text)}


def _tool(name: str, description: str, schema: JsonObject) -> JsonObject:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": dict(schema)}}


def _messages(message: Message) -> Iterator[JsonObject]:
    for part in message.parts:
        if isinstance(part, ToolResult):
            said = f"Error: {part.content}" if part.is_error else part.content
            yield {"role": "tool", "tool_call_id": part.id, "content": clean_text(said)}
    text = clean_text("\n\n".join(part.text for part in message.parts if isinstance(part, Text)))
    calls = [_call(part) for part in message.parts if isinstance(part, ToolUse)]
    if calls:
        kept = {name: value for part in message.parts if isinstance(part, Opaque) for name, value in _own(part)}
        yield {"role": message.role.value, "content": text or None, "tool_calls": calls} | kept
    elif files := [_file(part) for part in message.parts if isinstance(part, Attachment)]:
        yield {"role": message.role.value, "content": [*files, *_text(text)]}
    elif text.strip():
        yield {"role": message.role.value, "content": text}


def _text(text: str) -> Iterator[JsonObject]:
    if text.strip():
        yield {"type": "text", "text": text}


def _file(part: Attachment) -> JsonObject:
    """A content part of "Images and vision" and "File inputs"."""
    if part.media_type in PICTURES:
        return {"type": "image_url", "image_url": {"url": data_url(part)}}
    return {"type": "file", "file": {"filename": clean_text(part.name), "file_data": data_url(part)}}


def _own(part: Opaque) -> Iterator[tuple[str, Json]]:
    if part.provider == NAME:
        yield from part.value.items()


def _call(use: ToolUse) -> JsonObject:
    return {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": arguments_text(use)}}


def answer(body: JsonObject, *, request_id: str) -> ModelAnswer:
    """The answer from a completion as "Chat Completions: the chat completion object" describes it."""
    choice = body["choices"][0]
    message = choice["message"]
    parts = with_own_ids(_parts(message))
    stop = Stop.REFUSAL if message.get("refusal") else STOPS.get(choice["finish_reason"], Stop.END)
    used = usage(
        body.get("usage"),
        read=("prompt_tokens",),
        written="completion_tokens",
        cached=("prompt_tokens_details", "cached_tokens"),
        reasoning=("completion_tokens_details", "reasoning_tokens"),
    )
    model = clean_text(str(body.get("model") or ""))
    return ModelAnswer(model=model, parts=parts, stop=stop_for(parts, stop), usage=used, request_id=request_id)


def _parts(message: JsonObject) -> Iterator[Part]:
    kept = {name: message[name] for name in REASONING if message.get(name)}
    if kept:
        yield opaque(NAME, kept)
    yield from text_part(message.get("content") or "")
    yield from text_part(message.get("refusal") or "")
    for call in message.get("tool_calls") or []:
        function = call["function"]
        yield tool_use(identity=call.get("id") or "", name=function["name"], arguments=function.get("arguments") or "")


class Collector:
    """Chunks of "Chat Completions: streaming" put together to the completion they stand for."""

    def __init__(self, errors: SdkErrors) -> None:
        self._errors = errors
        self._head: dict[str, Json] = {}
        self._texts: dict[str, list[str]] = {}
        self._details: list[Json] = []
        self._calls: dict[int, dict[str, Json]] = {}
        self._finish: str | None = None
        self.is_last = False

    @property
    def has_ended(self) -> bool:
        return self._finish is not None

    def take(self, event: JsonObject) -> Delta | None:
        if event is DONE:
            self.is_last = True
            return None
        if event.get("error"):
            error = event["error"]
            raise of_event(
                self._errors, kind=str(error.get("code") or error.get("type")), message=str(error.get("message"))
            )
        self._head |= {name: event[name] for name in ("model", "usage") if event.get(name)}
        if not event["choices"]:
            return None
        choice = event["choices"][0]
        self._finish = choice.get("finish_reason") or self._finish
        return self._add(choice.get("delta") or {})

    def whole(self) -> JsonObject:
        message: dict[str, Json] = {name: "".join(pieces) for name, pieces in self._texts.items()}
        if self._details:
            message["reasoning_details"] = self._details
        message["tool_calls"] = [_joined(self._calls[index]) for index in sorted(self._calls)]
        return self._head | {"choices": [{"message": message, "finish_reason": self._finish}]}

    def _add(self, delta: JsonObject) -> Delta | None:
        for name in ("content", "refusal", "reasoning_content"):
            if delta.get(name):
                self._texts.setdefault(name, []).append(delta[name])
        self._details += delta.get("reasoning_details") or []
        begun = [name for call in delta.get("tool_calls") or [] if (name := self._add_call(call))]
        text = clean_text((delta.get("content") or "") + (delta.get("refusal") or ""))
        return Delta(text=text, tool=clean_text("".join(begun))) if text or begun else None

    def _add_call(self, piece: JsonObject) -> str:
        """Adds a piece of a call; the name if the call begins with it."""
        known = self._calls.setdefault(piece.get("index", len(self._calls)), {"id": "", "name": "", "pieces": []})
        function = piece.get("function") or {}
        begins = not known["name"] and bool(function.get("name"))
        known["id"] = known["id"] or piece.get("id") or ""
        known["name"] = known["name"] or function.get("name") or ""
        known["pieces"].append(function.get("arguments") or "")
        return str(known["name"]) if begins else ""


def _joined(call: dict[str, Json]) -> JsonObject:
    return {"id": call["id"], "function": {"name": call["name"], "arguments": "".join(call["pieces"])}}


def make(settings: BaseModel, secrets: Mapping[str, str], transport: httpx2.AsyncBaseTransport) -> ChatCompletions:
    """The client of one connection; the SDK is imported here for the sake of the start time."""
    import openai  # noqa: PLC0415

    if not isinstance(settings, Settings):
        raise TypeError(settings)
    key = secrets.get("api_key") or NO_KEY
    client = openai.AsyncOpenAI(
        api_key=key, base_url=str(settings.base_url), http_client=http_client(transport), max_retries=0, timeout=TIMEOUT
    )
    client.organization = client.project = None  # not the environment's
    errors = SdkErrors(
        vendor=str(settings.base_url.host),
        status=openai.APIStatusError,
        timeout=openai.APITimeoutError,
        connection=openai.APIConnectionError,
        other=openai.OpenAIError,
        secrets=(key,) if key != NO_KEY else (),
    )
    return ChatCompletions(client, errors, native_schemas=settings.native_schemas)


PROVIDER = ProviderType(
    name=NAME,
    title="OpenAI-compatible server",
    icon="server",
    description=__doc__ or "",
    settings=Settings,
    secrets=("api_key",),
    optional_secrets=frozenset({"api_key"}),
    make=make,
    example={"base_url": "http://localhost:11434/v1"},
)
