"""One call of a tool, without a model: the arguments are templates, the result goes on."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result
from orchestrator.engine.values import JsonObject
from orchestrator.nodes.agent import ToolRule


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tool: str = Field(title="Tool", description="The tool that is called.", min_length=1, max_length=100)
    arguments: dict[str, Any] = Field(
        title="Arguments", description="Its arguments; texts may hold {{ }}.", default_factory=dict, max_length=50
    )
    policy: ToolRule = Field(
        default_factory=lambda: ToolRule(policy="allow", when=None),
        title="Policy",
        description="allow (you drew the call yourself), ask (a person looks at the arguments first), also with a condition.",
    )


def run(context: Context, config: Config) -> Result:
    arguments = context.fill(config.arguments)
    return Result(output={"result": context.call_tool("call", config.tool, arguments, rule=config.policy.model_dump())})


def output_schema(_config: Config) -> JsonObject:
    return {"type": "object", "required": ["result"], "properties": {"result": {}}}


def tools(config: Config) -> Mapping[str, JsonObject | None]:
    return {config.tool: config.arguments}


NODE = NodeType(
    name="tool",
    title="Tool",
    icon="wrench",
    group="tools",
    description=__doc__,
    config=Config,
    run=run,
    example={
        "tool": "lookup_record",
        "arguments": {"table": "customers", "where": {"customer": "{{ inputs.customer }}"}},
    },
    output_schema=output_schema,
    tools=tools,
)
