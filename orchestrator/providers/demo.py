"""A model for trying things out: no key, no network, no language model. It works on what it is given by counting words:
summaries, choices, fields, drafts, and calls of tools that fit."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence

import httpx2
from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.codec import message_to_json
from orchestrator.contract.messages import (
    Attachment,
    Delta,
    ModelAnswer,
    ModelInfo,
    ModelRequest,
    OnDelta,
    Part,
    Stop,
    Text,
    ToolUse,
    Usage,
)
from orchestrator.contract.provider import ProviderType
from orchestrator.providers._clean import clean_text
from orchestrator.providers._demo_request import read
from orchestrator.providers._demo_schema import fill
from orchestrator.providers._demo_tools import uses_for
from orchestrator.providers._demo_write import write
from orchestrator.providers._parts import with_texts

NAME = "demo"
TITLE = "Demo (demo model, not a language model)"
BYTES_PER_TOKEN = 3.5
LARGE = 20_000
WORDS_A_PIECE = 4


class Settings(BaseModel):
    """What a connection stores openly."""

    model_config = ConfigDict(extra="forbid")

    words_per_second: float = Field(
        0, title="Words per second", description="How fast a stream comes; 0: at once.", ge=0, le=1000
    )


class Demo:
    """Answers every request from its own words alone; the same request always alike."""

    def __init__(self, settings: Settings) -> None:
        self._pace = WORDS_A_PIECE / settings.words_per_second if settings.words_per_second else 0.0

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None) -> ModelAnswer:
        size = _size(request)
        answer = await asyncio.to_thread(respond, request, size) if size > LARGE else respond(request, size)
        if on_delta is not None:
            await self._stream(answer, on_delta)
        return answer

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(name=NAME, title=TITLE, context=100_000, abilities=frozenset({"tools", "schemas", "stream"}))]

    async def close(self) -> None:
        return

    async def _stream(self, answer: ModelAnswer, on_delta: OnDelta) -> None:
        for part in answer.parts:
            if isinstance(part, ToolUse):
                on_delta(Delta(tool=part.name))
            for piece in _pieces(part):
                on_delta(Delta(text=piece))
                await asyncio.sleep(self._pace)


def respond(request: ModelRequest, size: int) -> ModelAnswer:
    """Tool calls where some are worth making, else a value for the schema, else text."""
    request = with_texts(request)
    task = read(request)
    uses = uses_for(task, request)
    parts: tuple[Part, ...] = uses
    stop = Stop.TOOLS
    if not uses:
        said = (
            f"{write(task)}{_of_files(request)}"
            if request.output_schema is None
            else json.dumps(fill(task, request.output_schema), ensure_ascii=False)
        )
        text, stop = _cut(clean_text(said), request.max_tokens)
        parts = (Text(text=text),)
    written = sum(len(json.dumps(use.arguments)) + len(use.name) for use in uses) or len(parts[0].text.encode())  # type: ignore[union-attr]
    usage = Usage(input=_tokens(size), output=_tokens(written))
    return ModelAnswer(model=NAME, parts=parts, stop=stop, usage=usage, request_id="")


def _of_files(request: ModelRequest) -> str:
    """What it must say of files: it cannot look into them."""
    files = [part for message in request.messages for part in message.parts if isinstance(part, Attachment)]
    told = [f"{one.name} ({one.media_type}, {one.size:,} bytes)" for one in files]
    return f"\n\nThe demo model cannot look into files. It was given: {', '.join(told)}." if told else ""


def _cut(text: str, max_tokens: int) -> tuple[str, Stop]:
    most = int(max_tokens * BYTES_PER_TOKEN)
    data = text.encode()
    if len(data) <= most:
        return text, Stop.END
    return data[:most].decode(errors="ignore"), Stop.LENGTH


def _pieces(part: Part) -> Iterator[str]:
    if isinstance(part, Text):
        found = re.findall(r"\s*\S+", part.text) or [part.text]
        for start in range(0, len(found), WORDS_A_PIECE):
            yield "".join(found[start : start + WORDS_A_PIECE])


def _size(request: ModelRequest) -> int:
    """Bytes of all that is said in a request."""
    said = [request.system, *(json.dumps(message_to_json(message), ensure_ascii=False) for message in request.messages)]
    said += [tool.description + json.dumps(dict(tool.schema)) for tool in request.tools]
    return sum(len(text.encode(errors="replace")) for text in said)


def _tokens(size: int) -> int:
    return max(1, round(size / BYTES_PER_TOKEN))


def make(settings: BaseModel, _secrets: Mapping[str, str], _transport: httpx2.AsyncBaseTransport) -> Demo:
    """The demo model; it has no use for the transport."""
    if not isinstance(settings, Settings):
        raise TypeError(settings)
    return Demo(settings)


PROVIDER = ProviderType(
    name=NAME,
    title=TITLE,
    icon="flask-conical",
    description=__doc__ or "",
    settings=Settings,
    secrets=(),
    make=make,
    example={},
    aliases={"fast": NAME, "strong": NAME, "default": NAME},
)
