"""Poison: says that it has begun, then raises, or takes its whole worker process down; or does neither."""

import os
from typing import Literal

from pydantic import BaseModel

from orchestrator.contract.context import Context
from orchestrator.contract.errors import NodeError
from orchestrator.contract.node import NodeType, Result


class Spoiled(NodeError):
    """It was poison."""

    code = "poison"


class Config(BaseModel, extra="forbid"):
    """`how` is a template: none, raise or die."""

    how: str | Literal["none", "raise", "die"] = "none"


def run(context: Context, config: Config) -> Result:
    how = context.fill(config.how)
    context.once("begun", lambda: True)
    if how == "raise":
        raise Spoiled()
    if how == "die":
        os._exit(70)
    return Result(output=how)


NODE = NodeType(
    name="poison",
    title="Poison",
    icon="skull",
    group="flow",
    description=__doc__ or "",
    config=Config,
    run=run,
    example={"how": "none"},
)
