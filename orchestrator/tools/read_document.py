"""Reads a document: PDF with tables, DOCX, XLSX, CSV, HTML or plain text, from a file of the run or from an address.

A long one is read in pieces: `next` says where the next piece begins."""

import asyncio
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.errors import ToolRefused
from orchestrator.contract.tool import Effects, Policy, ToolContext, ToolType
from orchestrator.engine.values import Json
from orchestrator.tools import _web

FILE = "file:"


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: str = Field(
        title="Document", description="A file of this run (file:...) or an http or https address.", max_length=4000
    )
    start: int = Field(0, title="From character", description="Where to begin, for a long document.", ge=0)
    max_characters: int = Field(
        50_000, title="At most", description="How many characters of the text are read at once.", ge=1, le=1_000_000
    )
    tables: bool = Field(True, title="Tables", description="Whether tables are wanted as rows as well.")  # noqa: FBT003


def refine(arguments: Arguments) -> Effects:
    return Effects(idempotent=True, read_only=True, policy=Policy.ALLOW, leaves=not arguments.source.startswith(FILE))


async def run(context: ToolContext, arguments: Arguments) -> Json:
    name, content = await _content(context, arguments.source)
    document = await asyncio.to_thread(context.parse, name=name, content=content)
    text, end = document["text"], arguments.start + arguments.max_characters
    if arguments.start > len(text):
        raise ToolRefused(f"The document has {len(text)} characters; it cannot be read from {arguments.start} on.")
    found = {
        "name": name,
        "kind": document["kind"],
        "title": document["title"],
        "pages": document["pages"],
        "text": text[arguments.start : end],
        "next": end if end < len(text) else None,
        "truncated": document["truncated"],
    }
    return found | {"tables": document["tables"]} if arguments.tables else found


async def _content(context: ToolContext, source: str) -> tuple[str, bytes]:
    if source.startswith(FILE):
        return await asyncio.to_thread(context.open_file, source)
    if not source.startswith(("http://", "https://")):
        raise ToolRefused(f"{source[:200]!r} is neither a file of this run (file:...) nor an http or https address.")
    response = await _web.fetch(context, source)
    return urlsplit(str(response.url)).path.rpartition("/")[2] or "document", response.content


TOOL = ToolType(
    name="read_document",
    title="Read a document",
    icon="file-search",
    description=__doc__,
    arguments=Arguments,
    run=run,
    example={"source": "https://example.org/report.pdf"},
    reads_untrusted=True,
    leaves=True,
    refine=refine,
)
