"""Gives out a list of so many numbers, for a map to work on."""

from pydantic import BaseModel

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result


class Config(BaseModel, extra="forbid"):
    """`items` is the length of the list."""

    items: int = 1


def run(_context: Context, config: Config) -> Result:
    return Result(output=list(range(config.items)))


NODE = NodeType(
    name="spread",
    title="Spread",
    icon="list",
    group="flow",
    description=__doc__ or "",
    config=Config,
    run=run,
    example={"items": 3},
    quick=True,
)
