"""Takes its time and changes nothing: long enough for a test to end the worker meanwhile."""

import asyncio

from pydantic import BaseModel, Field

from orchestrator.contract.tool import ToolContext, ToolType
from orchestrator.engine.values import Json


class Arguments(BaseModel, extra="forbid"):
    """For how long."""

    seconds: float = Field(description="How long it takes")


async def run(_context: ToolContext, arguments: Arguments) -> Json:
    await asyncio.sleep(arguments.seconds)
    return {"waited": arguments.seconds}


TOOL = ToolType(
    name="linger",
    title="Linger",
    icon="hourglass",
    description=__doc__ or "",
    arguments=Arguments,
    run=run,
    example={"seconds": 1.0},
)
