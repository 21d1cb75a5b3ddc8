"""Gives out how long a list is: a join that has read all of it."""

from pydantic import BaseModel

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result
from orchestrator.engine.values import Json


class Config(BaseModel, extra="forbid"):
    """`of` is a template for the list."""

    of: Json


def run(context: Context, config: Config) -> Result:
    return Result(output=len(context.fill(config.of)))


NODE = NodeType(
    name="count",
    title="Count",
    icon="hash",
    group="flow",
    description=__doc__ or "",
    config=Config,
    run=run,
    example={"of": "{{ each }}"},
    quick=True,
)
