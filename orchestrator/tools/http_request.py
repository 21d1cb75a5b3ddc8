"""Calls an HTTP address and gives its status, headers and body. Anything but GET and HEAD asks a person first."""

import json
import re
from typing import Literal

import httpx2
from pydantic import BaseModel, ConfigDict, Field, field_validator

from orchestrator.contract.cleaning import cleaned
from orchestrator.contract.tool import Effects, Policy, ToolContext, ToolType
from orchestrator.engine.values import Json
from orchestrator.tools import _web

READING = frozenset({"GET", "HEAD"})
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "proxy-authorization"})
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SHOWN = frozenset({"content-type", "location", "retry-after", "etag", "last-modified", "link", "date", "x-request-id"})


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(title="Address", description="The whole address, with http:// or https://.", max_length=4000)
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = Field(
        "GET", title="Method", description="What is done: GET reads, the others change something."
    )
    headers: dict[str, str] = Field(
        title="Headers", description="Headers of the request.", default_factory=dict, max_length=30
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
    response = await _web.send(context, arguments.method, arguments.url, headers=headers, content=content)
    body, is_cut = _body(response, arguments.max_characters)
    return {
        "status": response.status_code,
        "url": str(response.url),
        "headers": {name: cleaned(value) for name, value in response.headers.items() if name.lower() in _SHOWN},
        "body": body,
        "truncated": is_cut,
    }


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
)
