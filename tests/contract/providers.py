"""What the provider tests share: the vendors' clients on the local model server, and requests in the contract's words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from orchestrator.contract.messages import (
    Delta,
    Message,
    ModelAnswer,
    ModelRequest,
    Role,
    ToolResult,
    ToolSpec,
    user,
)
from orchestrator.contract.provider import Provider
from orchestrator.outbound import OutboundTransport
from orchestrator.registry import provider_types
from tests.model_server.checking import Server

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
TOOLS = (
    ToolSpec(name="get_weather", description="The weather in a city.", schema=CITY),
    ToolSpec(name="get_time", description="The time in a city.", schema=CITY),
)
PARIS = {"name": "get_weather", "arguments": {"city": "Paris"}}
ROME = {"name": "get_time", "arguments": {"city": "Rome"}}
KEY = "sk-secret-key-of-the-test"
VENDORS = ("anthropic", "openai", "openai_chat")


_open: list[OutboundTransport] = []


def make_transport(*servers: Server) -> OutboundTransport:
    """A transport that trusts these servers; it is closed when the test ends."""
    addresses = [urlsplit(server.url) for server in servers]
    trusted = [(address.hostname, address.port) for address in addresses if address.hostname and address.port]
    _open.append(OutboundTransport(trusted=trusted))
    return _open[-1]


async def close_transports() -> None:
    while _open:
        await _open.pop().aclose()


def make_provider(
    name: str, server: Server, *, key: str = KEY, transport: OutboundTransport | None = None, **settings: Any
) -> Provider:
    """The provider of that name on the model server."""
    kind = provider_types()[name]
    path = {"anthropic": "", "openai": "/v1", "openai_chat": "/v1"}.get(name)
    chosen = {} if path is None else {"base_url": server.url + path}
    secrets = dict.fromkeys(kind.secrets, key)
    return kind.make(kind.settings(**(chosen | settings)), secrets, transport or make_transport(server))


def asking(text: str = "hi", **more: Any) -> ModelRequest:
    return ModelRequest(model="fake", messages=(user(text),), **more)


def carry_on(request: ModelRequest, answer: ModelAnswer, *results: str, is_error: bool = False) -> ModelRequest:
    """The request with the model's answer and the results of its tool calls."""
    given = tuple(
        ToolResult(id=use.id, name=use.name, content=text, is_error=is_error)
        for use, text in zip(answer.tool_uses(), results, strict=True)
    )
    said = Message(role=Role.ASSISTANT, parts=answer.parts)
    return replace(request, messages=(*request.messages, said, Message(role=Role.USER, parts=given)))


class Watcher:
    """Takes deltas, or stands for nobody who watches."""

    def __init__(self, *, watches: bool) -> None:
        self.deltas: list[Delta] = []
        self.on_delta: Callable[[Delta], None] | None = self.deltas.append if watches else None

    def text(self) -> str:
        return "".join(delta.text for delta in self.deltas)

    def tools(self) -> list[str]:
        return [delta.tool for delta in self.deltas if delta.tool]
