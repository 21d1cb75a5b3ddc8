"""Does nothing, quickly."""

from pydantic import BaseModel

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result
from orchestrator.engine.values import Json


class Config(BaseModel, extra="forbid"):
    """`output` is what it gives out; `body` makes it a container."""

    output: Json = "done"


def run(_context: Context, config: Config) -> Result:
    return Result(output=config.output)


NODE = NodeType(
    name="noop",
    title="Nothing",
    icon="circle",
    group="flow",
    description=__doc__ or "",
    config=Config,
    run=run,
    example={},
    quick=True,
)
