"""Keeps a word, outside of every run. Calling it twice is not like calling it once."""

from pydantic import BaseModel, Field

from orchestrator.contract.tool import Policy, ToolContext, ToolType
from orchestrator.engine.values import Json

remembered: list[str] = []


class Arguments(BaseModel, extra="forbid"):
    """A word."""

    word: str = Field(description="What to keep")


def run(_context: ToolContext, arguments: Arguments) -> Json:
    remembered.append(arguments.word)
    return {"kept": arguments.word}


TOOL = ToolType(
    name="remember",
    title="Remember",
    icon="bookmark",
    description=__doc__ or "",
    arguments=Arguments,
    run=run,
    example={"word": "hello"},
    idempotent=False,
    read_only=False,
    policy=Policy.ASK,
)
