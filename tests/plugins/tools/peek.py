"""Reads back what was kept; changes nothing."""

from pydantic import BaseModel, Field

from orchestrator.contract.tool import ToolContext, ToolType
from orchestrator.engine.values import Json

peeked: list[str] = []


class Arguments(BaseModel, extra="forbid"):
    """A word."""

    word: str = Field(description="What to look for")


def run(_context: ToolContext, arguments: Arguments) -> Json:
    peeked.append(arguments.word)
    return {"found": arguments.word}


TOOL = ToolType(
    name="peek",
    title="Peek",
    icon="eye",
    description=__doc__ or "",
    arguments=Arguments,
    run=run,
    example={"word": "hello"},
)
