"""Gives out the time at which it ran: benchmarks read it."""

import time

from pydantic import BaseModel

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result


class Config(BaseModel, extra="forbid"):
    """It has no settings."""


def run(_context: Context, _config: Config) -> Result:
    return Result(output=time.time())


NODE = NodeType(
    name="stamp",
    title="Stamp",
    icon="clock",
    group="flow",
    description=__doc__ or "",
    config=Config,
    run=run,
    example={},
    quick=True,
)
