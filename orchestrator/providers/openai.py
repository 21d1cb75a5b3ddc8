"""OpenAI models through the Responses API, streamed or not, with tools, structured output and reasoning kept between turns."""

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
    results_first,
    stop_for,
    text_part,
    tool_use,
    usage,
    with_own_ids,
    with_texts,
)
from orchestrator.providers._reading import read_body, read_stream
from orchestrator.providers._schemas import in_words, is_strict
from orchestrator.providers._transport import TIMEOUT, http_client

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NAME = "openai"
LEAST_TOKENS = 16
"""The API refuses a smaller max_output_tokens."""


class Settings(BaseModel):
    """What a connection stores openly."""

    model_config = ConfigDict(extra="forbid")

    base_url: HttpUrl = Field(
        HttpUrl("https://api.openai.com/v1"), title="Base URL", description="Another address for a proxy or a gateway."
    )
    organization: str = Field("", title="Organization", description="Whose use it is, where the key has several.")
    project: str = Field("", title="Project", description="The project that pays, where the key has several.")


class OpenAI:
    """A client of one connection."""

    def __init__(self, client: "AsyncOpenAI", errors: SdkErrors) -> None:
        self._client, self._errors = client, errors

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None) -> ModelAnswer:
        streams = on_delta is not None
        create: Any = self._client.responses.with_streaming_response.create
        with translated(self._errors):
            async with create(**parameters(request), stream=streams) as response:
                identity = response.http_response.headers.get("x-request-id", "")
                if streams:
                    body = await read_stream(response, Collector(self._errors), on_delta, vendor=self._errors.vendor)
                else:
                    body = await read_body(response, vendor=self._errors.vendor)
        with readable(self._errors.vendor):
            return answer(body, self._errors, request_id=clean_text(identity))

    async def models(self) -> Sequence[ModelInfo]:
        with translated(self._errors), readable(self._errors.vendor):
            return [ModelInfo(name=one.id, title=one.id) async for one in self._client.models.list()]

    async def close(self) -> None:
        await self._client.close()


def parameters(request: ModelRequest) -> dict[str, Json]:
    """The request in the form of "Responses: create a response". Nothing is stored at the vendor's: the history is sent."""
    request = with_texts(request)
    schema = request.output_schema
    is_native = schema is not None and schema.get("type") == "object"
    instructions = request.system
    if schema is not None and not is_native:
        instructions = f"{instructions}\n\n{in_words(schema)}".strip()
    form = {"type": "json_schema", "name": "answer", "schema": schema, "strict": is_strict(schema)}
    chosen = {
        "model": request.model,
        "input": [item for message in request.messages for item in _items(message)],
        "instructions": clean_text(instructions),
        "max_output_tokens": max(LEAST_TOKENS, request.max_tokens),
        "temperature": request.temperature,
        "tools": [_tool(tool.name, tool.description, tool.schema) for tool in request.tools],
        "tool_choice": "required" if request.must_use_tool and request.tools else None,
        "text": {"format": form} if is_native else None,
    }
    return {name: value for name, value in chosen.items() if value not in (None, "", [])} | {"store": False}


def _tool(name: str, description: str, schema: JsonObject) -> JsonObject:
    return {
        "type": "function",
        "name": name,
        "description": description,
        "parameters": dict(schema),
        "strict": is_strict(schema),
    }


def _items(message: Message) -> Iterator[JsonObject]:
    for part in results_first(message):
        match part:
            case Text() if part.text.strip():
                yield {"role": message.role.value, "content": clean_text(part.text)}
            case ToolUse():
                yield {
                    "type": "function_call",
                    "call_id": part.id,
                    "name": part.name,
                    "arguments": arguments_text(part),
                }
            case ToolResult():
                said = f"Error: {part.content}" if part.is_error else part.content
                yield {"type": "function_call_output", "call_id": part.id, "output": clean_text(said)}
            case Opaque() if part.provider == NAME:
                yield part.value
            case Attachment():
                yield {"role": message.role.value, "content": [_file(part)]}


def _file(part: Attachment) -> JsonObject:
    """An input_image or input_file of "Images and vision" and "File inputs"."""
    if part.media_type in PICTURES:
        return {"type": "input_image", "image_url": data_url(part), "detail": "auto"}
    return {"type": "input_file", "filename": clean_text(part.name), "file_data": data_url(part)}


def answer(body: JsonObject, errors: SdkErrors, *, request_id: str) -> ModelAnswer:
    """The answer from a response as "Responses: the response object" describes it."""
    if body["status"] == "failed":
        error = body.get("error") or {}
        raise of_event(errors, kind=str(error.get("code")), message=str(error.get("message")))
    parts = with_own_ids(part for item in body["output"] for part in _parts(item))
    used = usage(
        body.get("usage"),
        read=("input_tokens",),
        written="output_tokens",
        cached=("input_tokens_details", "cached_tokens"),
        cache_write=("input_tokens_details", "cache_write_tokens"),
        reasoning=("output_tokens_details", "reasoning_tokens"),
    )
    return ModelAnswer(
        model=clean_text(body["model"]),
        parts=parts,
        stop=stop_for(parts, _stop(body)),
        usage=used,
        request_id=request_id,
    )


def _stop(body: JsonObject) -> Stop:
    contents = [part for item in body["output"] if item["type"] == "message" for part in item["content"]]
    if any(part["type"] == "refusal" for part in contents):
        return Stop.REFUSAL
    if body["status"] != "incomplete":
        return Stop.END
    reason = (body.get("incomplete_details") or {}).get("reason")
    return Stop.REFUSAL if reason == "content_filter" else Stop.LENGTH


def _parts(item: JsonObject) -> Iterator[Part]:
    match item["type"]:
        case "message":
            for part in item["content"]:
                yield from text_part(part["refusal"] if part["type"] == "refusal" else part["text"])
        case "function_call":
            yield tool_use(identity=item["call_id"], name=item["name"], arguments=item["arguments"])
        case _:
            yield opaque(NAME, {name: value for name, value in item.items() if name != "status"})


class Collector:
    """Of the events of "Responses: streaming events" the last one carries the whole answer; the others are for watching."""

    def __init__(self, errors: SdkErrors) -> None:
        self._errors = errors
        self._response: JsonObject | None = None

    @property
    def has_ended(self) -> bool:
        return self._response is not None

    @property
    def is_last(self) -> bool:
        return self.has_ended

    def take(self, event: JsonObject) -> Delta | None:
        match event["type"]:
            case "response.output_text.delta" | "response.refusal.delta":
                return Delta(text=clean_text(event["delta"]))
            case "response.output_item.added" if event["item"]["type"] == "function_call":
                return Delta(tool=clean_text(event["item"]["name"]))
            case "response.completed" | "response.incomplete" | "response.failed":
                self._response = dict(event["response"])
            case "error":
                raise of_event(self._errors, kind=str(event.get("code")), message=str(event.get("message")))
        return None

    def whole(self) -> JsonObject:
        return self._response or {}


def make(settings: BaseModel, secrets: Mapping[str, str], transport: httpx2.AsyncBaseTransport) -> OpenAI:
    """The client of one connection; the SDK is imported here for the sake of the start time."""
    import openai  # noqa: PLC0415

    if not isinstance(settings, Settings):
        raise TypeError(settings)
    key = secrets["api_key"]
    client = openai.AsyncOpenAI(
        api_key=key, base_url=str(settings.base_url), http_client=http_client(transport), max_retries=0, timeout=TIMEOUT
    )
    client.organization, client.project = (
        settings.organization or None,
        settings.project or None,
    )  # not the environment's
    errors = SdkErrors(
        vendor="OpenAI",
        status=openai.APIStatusError,
        timeout=openai.APITimeoutError,
        connection=openai.APIConnectionError,
        other=openai.OpenAIError,
        secrets=(key,),
    )
    return OpenAI(client, errors)


PROVIDER = ProviderType(
    name=NAME,
    title="OpenAI",
    icon="sparkles",
    description=__doc__ or "",
    settings=Settings,
    secrets=("api_key",),
    make=make,
    example={"base_url": "https://api.openai.com/v1"},
    aliases={"fast": "gpt-5.6-luna", "strong": "gpt-5.6-sol", "default": "gpt-5.6-terra"},
)
