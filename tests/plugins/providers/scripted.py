"""A provider in the test's own process: answers from a function, keeps what it was asked."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx2
from django.db import connection
from pydantic import BaseModel

from orchestrator.contract.messages import ModelAnswer, ModelInfo, ModelRequest, OnDelta, Stop, Text, ToolUse, Usage
from orchestrator.contract.provider import Provider, ProviderType


class Settings(BaseModel, extra="forbid"):
    """It has none."""


@dataclass(slots=True)
class Script:
    """What tests set and read. `answer` gets the request and may raise the errors of contract.errors."""

    answer: Callable[[ModelRequest], ModelAnswer] | None = None
    asked: list[ModelRequest] = field(default_factory=list)


script = Script()


def says(text: str) -> ModelAnswer:
    return ModelAnswer(model="one", parts=(Text(text=text),), stop=Stop.END, usage=Usage(input=10, output=5))


def calls(*uses: ToolUse, text: str = "") -> ModelAnswer:
    return ModelAnswer(model="one", parts=(Text(text=text), *uses), stop=Stop.TOOLS, usage=Usage(input=10, output=5))


def _answered(answer: Callable[[ModelRequest], ModelAnswer], request: ModelRequest) -> ModelAnswer:
    """On a thread: what a test does while a call is in flight may use the database."""
    try:
        return answer(request)
    finally:
        connection.close()


class Scripted:
    """contract.provider.Provider on `script`."""

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None) -> ModelAnswer:
        script.asked.append(request)
        assert script.answer is not None
        return await asyncio.to_thread(_answered, script.answer, request)

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(name="one")]

    async def close(self) -> None:
        pass


def make(_settings: BaseModel, _secrets: Mapping[str, str], _transport: httpx2.AsyncBaseTransport) -> Provider:
    return Scripted()


PROVIDER = ProviderType(
    name="scripted",
    title="Scripted",
    icon="scroll",
    description=__doc__ or "",
    settings=Settings,
    secrets=(),
    make=make,
    example={},
)
