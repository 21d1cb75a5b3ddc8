"""Fetches a web page and gives its title and its readable text, without menus and advertising; its links too, if wanted."""

import asyncio
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.tool import ToolContext, ToolType
from orchestrator.engine.values import Json
from orchestrator.tools import _web

MOST_LINKS = 100
SHORTEST_ARTICLE = 200


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        title="Address", description="The page's whole address, with http:// or https://.", max_length=4000
    )
    links: bool = Field(False, title="Links", description="Whether the page's links are wanted as well.")  # noqa: FBT003
    max_characters: int = Field(
        20_000, title="At most", description="How many characters of the text are kept.", ge=1, le=200_000
    )


async def run(context: ToolContext, arguments: Arguments) -> Json:
    response = await _web.fetch(context, arguments.url)
    url = str(response.url)
    name = urlsplit(url).path.rpartition("/")[2]
    document = await asyncio.to_thread(context.parse, name=name, content=response.content)
    text = _readable(document)
    found = {
        "url": url,
        "title": document["title"],
        "text": text[: arguments.max_characters],
        "truncated": document["truncated"] or len(text) > arguments.max_characters,
    }
    return found | {"links": _links(document["links"], url)} if arguments.links else found


def _readable(document: Json) -> str:
    """The article, where the page has one that is more than a teaser."""
    article: str = document["article"]
    text: str = document["text"]
    return article if len(article) >= min(SHORTEST_ARTICLE, len(text) // 2) and article else text


def _links(links: list[Json], base: str) -> list[Json]:
    whole = ({"text": link["text"], "url": urljoin(base, link["url"])} for link in links)
    return [link for link in whole if link["url"].startswith(("http://", "https://"))][:MOST_LINKS]


TOOL = ToolType(
    name="web_page",
    title="Read a web page",
    icon="file-text",
    description=__doc__,
    arguments=Arguments,
    run=run,
    example={"url": "https://example.org/news/trains"},
    reads_untrusted=True,
    leaves=True,
)
