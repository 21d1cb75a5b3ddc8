"""Runs a graph once per item of a list, many at a time, and gives the results in the order of the items."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.context import Context
from orchestrator.contract.errors import NodeError
from orchestrator.contract.node import NodeType, Result
from orchestrator.engine.values import JsonObject

MOST_ITEMS = 10_000


class WrongItems(NodeError):
    """The items of a map are a list. Name one, such as {{ orders.result.rows }}."""

    code = "wrong_items"


class Body(BaseModel):
    """The graph that runs for each item; its templates read {{ item }} and {{ index }} as well."""

    model_config = ConfigDict(extra="forbid")

    nodes: dict[str, dict[str, Any]] = Field(title="Nodes", description="The nodes by key.", min_length=1)
    edges: list[tuple[str, str, str]] = Field(
        title="Edges", description="Each from a node and its port to a node.", default_factory=list
    )
    output: Any = Field(
        None, title="Output", description="A template of an item's result. Empty: what its last node gave."
    )


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: str | list[Any] = Field(title="Items", description="The list, such as {{ inputs.documents }}.")
    body: Body = Field(title="Body", description="The graph that runs for each item.")
    cap: int = Field(10, title="At a time", description="How many items run at the same time; 0: all.", ge=0, le=1000)
    on_item_error: Literal["fail", "skip", "collect"] = Field(
        "fail",
        title="If an item fails",
        description="fail: the map fails; skip: the item is left out; collect: {error: ...} stands in its place.",
    )


def run(context: Context, config: Config) -> Result:
    items = context.fill(config.items)
    if not isinstance(items, list):
        raise WrongItems(f"`items` gave {_kind(items)}, no list. Name a list, such as {{{{ orders.result.rows }}}}.")
    if len(items) > MOST_ITEMS:
        raise WrongItems(f"There are {len(items)} items; a map takes at most {MOST_ITEMS}. Split the list first.")
    if not items:
        return Result(output=[], reason="no items")
    collected = context.run_items("items", items, cap=config.cap, stop_on_error=config.on_item_error == "fail")
    reason = f"{collected.size} items" + (f", {collected.failed} failed" if collected.failed else "")
    errors = "collect" if config.on_item_error == "collect" else "skip"
    return Result(output=collected.as_output(errors=errors), reason=reason)


def _kind(value: Any) -> str:
    names = {str: "a text", dict: "an object", bool: "yes or no", int: "a number", float: "a number"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


def output_schema(_config: Config) -> JsonObject:
    return {"type": "array"}


NODE = NodeType(
    name="map",
    title="Map",
    icon="layers",
    group="flow",
    description=__doc__,
    config=Config,
    run=run,
    example={
        "items": "{{ inputs.documents }}",
        "body": {"nodes": {"summary": {"type": "prompt", "config": {"prompt": "Summarise:\n\n{{ item }}"}}}},
    },
    output_schema=output_schema,
    quick=True,
    has_body=True,
)
