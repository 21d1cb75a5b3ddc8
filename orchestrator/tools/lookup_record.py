"""Looks rows up in one of the team's tables: customers, orders, accounts.

Gives all rows whose columns equal what is asked for."""

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.tool import ToolContext, ToolType
from orchestrator.engine.values import Json


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    table: str = Field(title="Table", description="The table's name.", min_length=1, max_length=100)
    where: dict[str, str | int | float | bool] = Field(
        title="Where",
        description='The columns and the values that they must equal, such as {"customer": "C-1001"}. Empty: the first rows.',
        default_factory=dict,
        max_length=20,
    )
    limit: int = Field(10, title="At most", description="How many rows at most.", ge=1, le=100)


def run(context: ToolContext, arguments: Arguments) -> Json:
    rows = context.look_up(table=arguments.table, where=arguments.where, limit=arguments.limit)
    return {"rows": rows, "count": len(rows)}


TOOL = ToolType(
    name="lookup_record",
    title="Look up a record",
    icon="table",
    description=__doc__,
    arguments=Arguments,
    run=run,
    example={"table": "customers", "where": {"customer": "C-1001"}},
    reads_private=True,
)
