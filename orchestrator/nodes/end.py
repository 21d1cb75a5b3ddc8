"""The output of the run: a mapping that is filled from the nodes, or, where there is none, what the last nodes gave."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result

SURROUNDINGS = frozenset({"inputs", "item", "index"})


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    output: Any = Field(
        None,
        title="Output",
        description='A template, such as {"reply": "{{ reply.text }}"}. Empty: what the last nodes gave.',
    )


def run(context: Context, config: Config) -> Result:
    if config.output is not None:
        return Result(output=context.fill(config.output))
    return Result(output={key: value for key, value in context.values.items() if key not in SURROUNDINGS})


NODE = NodeType(
    name="end",
    title="End",
    icon="flag",
    group="flow",
    description=__doc__,
    config=Config,
    run=run,
    example={"output": {"reply": "{{ reply.text }}"}},
    quick=True,
    hidden=True,
)
