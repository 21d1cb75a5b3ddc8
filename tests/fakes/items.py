"""Runs a container's body in memory: its nodes in order, each on a context of its own that shares the journal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from orchestrator import registry
from orchestrator.contract.context import ItemOutcome
from orchestrator.contract.errors import NodeError, Suspended
from orchestrator.engine.graph import BODY
from orchestrator.engine.templating import fill
from orchestrator.engine.values import ANY, Json, JsonObject, NodeKey

if TYPE_CHECKING:
    from tests.fakes.context import FakeContext


@dataclass(frozen=True)
class FakeCollected:
    found: tuple[ItemOutcome, ...]

    @property
    def size(self) -> int:
        return len(self.found)

    @property
    def failed(self) -> int:
        return sum(outcome.error is not None for outcome in self.found)

    def outcomes(self) -> Sequence[ItemOutcome]:
        return self.found

    def as_output(self, *, errors: str) -> Json:
        kept = [outcome for outcome in self.found if outcome.error is None or errors == "collect"]
        return [{"error": outcome.error} if outcome.error else outcome.output for outcome in kept]


def run_body(
    context: "FakeContext", key: str, items: Sequence[Json], *, cap: int, stop_on_error: bool
) -> FakeCollected:
    context.waits[key] = {"size": len(items), "cap": cap}
    body = context.node.config[BODY]
    outcomes: list[ItemOutcome] = []
    waiting: set[str] = set()
    for index, item in enumerate(items):
        try:
            outcomes.append(ItemOutcome(index=index, output=_run_item(context, key, body, index, item)))
        except Suspended as suspended:
            waiting |= suspended.keys
        except NodeError as error:
            if stop_on_error:
                raise _failed(index, error) from error
            outcomes.append(ItemOutcome(index=index, error={"code": error.code, "message": str(error)}))
    if waiting:
        raise Suspended(frozenset(waiting))
    return FakeCollected(tuple(outcomes))


def _failed(index: int, error: NodeError) -> NodeError:
    found = NodeError(f"Item {index} failed: {error}")
    found.code = "items_failed"
    return found


def _run_item(context: "FakeContext", key: str, body: JsonObject, index: int, item: Json) -> Json:
    edges = body.get("edges") or []
    order = TopologicalSorter(
        {name: {source for source, _, target in edges if target == name} for name in body["nodes"]}
    )
    values, taken = dict(context.values) | {"item": item, "index": index}, set[tuple[str, str]]()
    outputs: dict[str, Json] = {}
    for name in order.static_order():
        incoming = [(source, port) for source, port, target in edges if target == name]
        if incoming and not any(edge in taken for edge in incoming):
            continue
        result = _run_node(context, f"{key}[{index}]/{name}/", body["nodes"][name], values | outputs)
        outputs[name] = result.output
        taken |= {(name, port) for port in result.ports} | {(name, ANY)}
    sinks = [name for name in outputs if name not in {source for source, _, _ in edges}]
    if body.get("output") is not None:
        return fill(body["output"], values | outputs)
    return outputs[sinks[0]] if len(body["nodes"]) == 1 else {name: outputs[name] for name in sinks}


def _run_node(context: "FakeContext", prefix: str, source: JsonObject, values: JsonObject) -> Json:
    kind, config = registry.node_type(source["type"]), source.get("config") or {}
    node = replace(context.node, key=NodeKey(prefix.rstrip("/")), type=kind.name, config=config)
    inner = replace(context, prefix=context.prefix + prefix, values=values, node=node, _seen=set())
    return kind.run(inner, kind.config.model_validate(config))
