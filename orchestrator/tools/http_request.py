"""Calls an HTTP address and gives its status, headers and body. Anything but GET and HEAD asks a person first."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Literal

import httpx2
from pydantic import BaseModel, ConfigDict, Field, field_validator

from orchestrator.contract.cleaning import cleaned
from orchestrator.contract.errors import ToolRefused
from orchestrator.contract.tool import ConnectionKind, Effects, Policy, ToolContext, ToolType
from orchestrator.engine.values import Json, JsonObject
from orchestrator.tools import _web

READING = frozenset({"GET", "HEAD"})
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "proxy-authorization"})
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SHOWN = frozenset({"content-type", "location", "retry-after", "etag", "last-modified", "link", "date", "x-request-id"})


HIDDEN = "[hidden]"
_SECRET = re.compile(
    r"auth|cookie|token|secret|passw|api-?_?key|access-?_?key|credential|signature|session", re.IGNORECASE
)


class Settings(BaseModel):
    """Where the secret goes, and how it is written."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(
        title="Address",
        description="The only site that gets the secret, such as https://api.example.org.",
        max_length=500,
    )
    header: str = Field(
        "Authorization",
        title="Header",
        description="The header that carries it.",
        pattern=_NAME.pattern,
        max_length=100,
    )
    prefix: str = Field(
        "Bearer ", title="Prefix", description="What stands before it in the header; empty: nothing.", max_length=40
    )

    @field_validator("address")
    @classmethod
    def _is_a_site(cls, address: str) -> str:
        if not re.fullmatch(r"https?://[^/?#@\s]+/?", address):
            raise ValueError("the address is https:// and a host, without a path")
        return address


CONNECTION = ConnectionKind(
    name="web",
    title="Web API",
    icon="globe",
    description="A secret for a web API. HTTP requests name the connection; the secret is sent to its address alone.",
    settings=Settings,
    secrets=("secret",),
)


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(title="Address", description="The whole address, with http:// or https://.", max_length=4000)
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = Field(
        "GET", title="Method", description="What is done: GET reads, the others change something."
    )
    headers: dict[str, str] = Field(
        title="Headers", description="Headers of the request.", default_factory=dict, max_length=30
    )
    connection: str = Field(
        "",
        title="Connection",
        description="The name of a connection of kind web; its secret is put in when the request is sent.",
        max_length=100,
    )
    body: Json = Field(
        None,
        title="Body",
        description="What is sent: an object or a list goes as JSON, a text as it is. Empty: nothing.",
    )
    max_characters: int = Field(
        20_000, title="At most", description="How many characters of the answer are kept.", ge=1, le=200_000
    )

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if name.lower() in _OURS or not _NAME.fullmatch(name):
                raise ValueError(f"the header {name!r} may not be set; leave it out")
            if not (value.isprintable() and value.isascii()):
                raise ValueError(f"the header {name!r} must be one line of ASCII text")
        return headers


def refine(arguments: Arguments) -> Effects:
    reads = arguments.method in READING
    return Effects(
        idempotent=arguments.method in _web.REPEATABLE,
        read_only=reads,
        policy=Policy.ALLOW if reads else Policy.ASK,
        leaves=True,
    )


async def run(context: ToolContext, arguments: Arguments) -> Json:
    content, headers = _content(arguments)
    headers |= await _secret_header(context, arguments)
    response = await _web.send(context, arguments.method, arguments.url, headers=headers, content=content)
    body, is_cut = _body(response, arguments.max_characters)
    return {
        "status": response.status_code,
        "url": str(response.url),
        "headers": {name: cleaned(value) for name, value in response.headers.items() if name.lower() in _SHOWN},
        "body": body,
        "truncated": is_cut,
    }


async def _secret_header(context: ToolContext, arguments: Arguments) -> Mapping[str, str]:
    """The header with the connection's secret, which goes to the connection's own address alone."""
    if not arguments.connection:
        return {}
    found = await asyncio.to_thread(context.credentials, kind=CONNECTION.name, name=arguments.connection)
    settings = Settings.model_validate(dict(found.settings))
    if _origin(arguments.url) != _origin(settings.address):
        raise ToolRefused(f"The secret of the connection {arguments.connection!r} goes to {settings.address} alone.")
    if any(name.lower() == settings.header.lower() for name in arguments.headers):
        raise ToolRefused(f"The connection {arguments.connection!r} sets the header {settings.header}: leave it out.")
    return {settings.header: settings.prefix + found.secrets["secret"]}


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        found = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ToolRefused(f"{url[:200]!r} cannot be called: {error}. Use a whole http or https address.") from None
    return found.scheme, found.host, found.port


def hide(arguments: JsonObject) -> JsonObject:
    """Values of headers that carry credentials are shown to nobody."""
    headers = {name: HIDDEN if _SECRET.search(name) else value for name, value in arguments["headers"].items()}
    return {**arguments, "headers": headers}


def _content(arguments: Arguments) -> tuple[bytes | None, dict[str, str]]:
    headers = dict(arguments.headers)
    if arguments.body is None:
        return None, headers
    is_text = isinstance(arguments.body, str)
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "text/plain; charset=utf-8" if is_text else "application/json"
    text = arguments.body if is_text else json.dumps(arguments.body)
    return text.encode("utf-8", "replace"), headers


def _body(response: httpx2.Response, most: int) -> tuple[Json, bool]:
    text = response.text
    if len(text) > most:
        return cleaned(text[:most]), True
    if "json" in response.headers.get("content-type", "").lower():
        try:
            return cleaned(json.loads(text)), False
        except (ValueError, RecursionError):
            return cleaned(text), False
    return cleaned(text), False


TOOL = ToolType(
    name="http_request",
    title="HTTP request",
    icon="globe",
    description=__doc__,
    arguments=Arguments,
    run=run,
    example={"url": "https://example.org/api/orders", "method": "GET"},
    idempotent=False,
    read_only=False,
    policy=Policy.ASK,
    reads_untrusted=True,
    leaves=True,
    refine=refine,
    hide=hide,
    connects=CONNECTION,
)
