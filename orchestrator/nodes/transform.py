"""Reshapes data without code: a JMESPath expression, or a template for a text or an object."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result
from orchestrator.nodes._query import WrongExpression, check_expression, search


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expression: str | None = Field(
        None,
        title="Expression",
        description="JMESPath over the values, such as sort_by(orders.result.rows, &date)[-1].",
    )
    data: Any = Field(
        None,
        title="Data",
        description="What the expression works on, such as {{ orders.result.rows }}. Empty: all values by node.",
    )
    template: Any = Field(
        None,
        title="Template",
        description='A text or an object with {{ }}, such as {"name": "{{ customer.result.name }}"}.',
    )

    @field_validator("expression")
    @classmethod
    def _is_expression(cls, expression: str | None) -> str | None:
        if expression is not None:
            try:
                check_expression(expression)
            except WrongExpression as error:
                raise ValueError(str(error)) from None
        return expression

    @model_validator(mode="after")
    def _one_way(self) -> "Config":
        if (self.expression is None) == (self.template is None):
            raise ValueError("give either an expression or a template")
        if self.template is not None and self.data is not None:
            raise ValueError("`data` belongs to an expression; a template names its values itself")
        return self


def run(context: Context, config: Config) -> Result:
    if config.expression is None:
        return Result(output=context.fill(config.template))
    data = dict(context.values) if config.data is None else context.fill(config.data)
    return Result(output=search(config.expression, data))


NODE = NodeType(
    name="transform",
    title="Transform",
    icon="shuffle",
    group="data",
    description=__doc__,
    config=Config,
    run=run,
    example={"expression": "orders.result.rows[?open].{number: number, total: total}"},
    quick=True,
)
