"""The input of the run, checked against its schema, with defaults filled in."""

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.context import Context
from orchestrator.contract.errors import NodeError
from orchestrator.contract.json_schema import problems_of, with_defaults
from orchestrator.contract.node import NodeType, Result
from orchestrator.engine.values import JsonObject
from orchestrator.nodes._fields import Schema


class WrongInput(NodeError):
    """The input does not fit the workflow's schema. Correct it and start the run again."""

    code = "wrong_input"


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    input_schema: Schema = Field(
        default_factory=dict,
        alias="schema",
        title="Input",
        description="JSON Schema of the run's input; forms are made of it.",
    )


def run(context: Context, config: Config) -> Result:
    value = with_defaults(context.values.get("inputs") or {}, config.input_schema)
    wrong = problems_of(value, config.input_schema)
    if wrong:
        raise WrongInput(f"The input does not fit: {'; '.join(wrong)}. Correct it and start the run again.")
    return Result(output=value)


def output_schema(config: Config) -> JsonObject:
    return config.input_schema


NODE = NodeType(
    name="start",
    title="Start",
    icon="play",
    group="flow",
    description=__doc__,
    config=Config,
    run=run,
    example={"schema": {"type": "object", "properties": {"message": {"type": "string"}}}},
    output_schema=output_schema,
    quick=True,
    hidden=True,
)
