"""The graph of a file as the document that a version stores, and back.

In the file an edge is `a.port -> b` (or `a -> b` for the port `out`), `inputs` and `output` stand for the start and the end,
`model` and `tools` may stand beside `type`, and money is in dollars; in the document an edge is [source, port, target] with
`start` and `end`, all settings are in `config`, and money is in micro-dollars.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter

from builder.portable_errors import Place, WrongShape
from builder.portable_shape import MICRO, BodyShape, NodeShape, check_shape
from builder.portable_yaml import Source
from orchestrator.contract.node import NodeType
from orchestrator.engine.graph import BODY, END, START
from orchestrator.engine.problem import KEY
from orchestrator.engine.values import OUT, Json, JsonObject

SHORTHAND = ("model", "tools")
_ENDS: Mapping[str, str] = {"inputs": START, "output": END}
_NAMES: Mapping[str, str] = {end: name for name, end in _ENDS.items()}
_EDGE = re.compile(rf"\s*({KEY.pattern})(?:\.({KEY.pattern}|\*))?\s*->\s*({KEY.pattern})\s*")
_NODE_KEYS = tuple(NodeShape.model_fields)

Types = Mapping[str, NodeType]


def document_of(source: Source, *, types: Types) -> dict[str, Json]:
    """The document of a file whose shape is checked. Raises WrongShape."""
    data = source.data
    document: dict[str, Json] = {"inputs": data["inputs"]} if "inputs" in data else {}
    if data.get("budget"):
        document["budget"] = _budget(source)
    return document | _Reading(source=source, types=types).graph(data, ())


def _budget(source: Source) -> dict[str, Json]:
    found = {key: value for key, value in source.data["budget"].items() if value is not None}
    if "money" in found:
        micro = Decimal(str(found["money"])) * MICRO
        if micro != int(micro):
            raise WrongShape([source.fault("Money is dollars with at most six decimals.", ("budget", "money"))])
        found["money"] = int(micro)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    source: Source
    types: Types

    def graph(self, data: JsonObject, place: Place) -> dict[str, Json]:
        nodes = {key: self.node(node, (*place, "nodes", key)) for key, node in data["nodes"].items()}
        edges = [self.edge(text, (*place, "edges", at), nodes) for at, text in enumerate(data.get("edges") or ())]
        output = {"output": data["output"]} if data.get("output") is not None else {}
        return {"nodes": nodes, "edges": edges} | output

    def edge(self, text: str, place: Place, nodes: JsonObject) -> list[str]:
        found = _EDGE.fullmatch(text)
        if not found:
            raise self.wrong(f"{text[:80]!r} is no edge: write `a -> b` or `a.port -> b`.", place)
        begin, port, target = found.groups()
        if begin == "output" or target == "inputs":
            raise self.wrong("Edges lead from `inputs` and to `output`, not the other way.", place)
        for name in sorted({begin, target} - nodes.keys() - _ENDS.keys()):
            raise self.wrong(f"There is no node {name!r}: add it, or correct the edge.", place)
        return [_ENDS.get(begin, begin), port or OUT, _ENDS.get(target, target)]

    def node(self, node: JsonObject, place: Place) -> dict[str, Json]:
        config = dict(node.get("config") or {})
        for key in SHORTHAND:
            if key in node:
                self.check_short(key, node, place)
                config[key] = node[key]
        kind = self.types.get(node["type"])
        if isinstance(config.get(BODY), Mapping) and (kind is None or kind.has_body):
            config[BODY] = self.body(config[BODY], (*place, "config", BODY))
        kept = {key: value for key, value in node.items() if key not in (*SHORTHAND, "config")}
        return kept | ({"config": config} if config else {})

    def check_short(self, key: str, node: JsonObject, place: Place) -> None:
        kind = self.types.get(node["type"])
        if kind is not None and key not in kind.config.model_fields:
            raise self.wrong(f"A node of type {node['type']!r} has no {key}: remove this key.", (*place, key))
        if key in (node.get("config") or {}):
            raise self.wrong(f"`{key}` stands here and in `config`: remove one of the two.", (*place, key))

    def body(self, body: Json, place: Place) -> dict[str, Json]:
        check_shape(BodyShape, body, source=self.source, place=place)
        return self.graph(body, place)

    def wrong(self, text: str, place: Place) -> WrongShape:
        return WrongShape([self.source.fault(text, place)])


def graph_data(document: JsonObject, *, types: Types) -> dict[str, Json]:
    """What a file says of the document: nodes (in the order in which they run), edges, output."""
    nodes = document.get("nodes") or {}
    edges = [list(edge) for edge in document.get("edges") or ()]
    data: dict[str, Json] = {"nodes": {key: _node_data(nodes[key], types) for key in _in_order(nodes, edges)}}
    if edges:
        data["edges"] = [_edge_text(*edge) for edge in edges]
    return data | ({"output": document["output"]} if document.get("output") is not None else {})


def canonical(document: JsonObject) -> dict[str, Json]:
    """The document without what says nothing (an empty list of edges, a setting that is null), so that two ways to write
    the same graph are one."""
    kept = {key: value for key, value in document.items() if value not in (None, [], {}, ())}
    return kept | {"nodes": {key: _canonical_node(node) for key, node in (document.get("nodes") or {}).items()}}


def _canonical_node(node: JsonObject) -> dict[str, Json]:
    kept = {key: value for key, value in node.items() if value is not None and (key != "config" or value)}
    body = (kept.get("config") or {}).get(BODY)
    return kept | {"config": {**kept["config"], BODY: canonical(body)}} if isinstance(body, Mapping) else kept


def budget_data(budget: JsonObject) -> dict[str, Json]:
    """The budget with its money in dollars."""
    found = dict(budget)
    if "money" in found:
        found["money"] = float(Decimal(found["money"]) / MICRO)
    return found


def _edge_text(begin: str, port: str, target: str) -> str:
    name = _NAMES.get(begin, begin)
    return f"{name if port == OUT else f'{name}.{port}'} -> {_NAMES.get(target, target)}"


def _in_order(nodes: JsonObject, edges: list[list[str]]) -> list[str]:
    """Topological, names breaking ties: the same graph is written alike whatever order its nodes were stored in."""
    before: dict[str, set[str]] = {key: set() for key in sorted(nodes)}
    for begin, _, target in edges:
        if begin in before and target in before:
            before[target].add(begin)
    sorter, found = TopologicalSorter(before), list[str]()
    try:
        sorter.prepare()
    except CycleError:
        return sorted(nodes)
    while sorter.is_active():
        level = sorted(sorter.get_ready())
        found += level
        sorter.done(*level)
    return found


def _node_data(node: JsonObject, types: Types) -> dict[str, Json]:
    kind = types.get(node["type"])
    config = dict(node.get("config") or {})
    short = {key: config.pop(key) for key in SHORTHAND if _is_short(key, config, kind)}
    if isinstance(config.get(BODY), Mapping) and (kind is None or kind.has_body):
        config[BODY] = graph_data(config[BODY], types=types)
    whole = {**node, **short, "config": _config_data(config, kind)}
    return {key: whole[key] for key in _NODE_KEYS if whole.get(key) is not None and (key != "config" or config)}


def _is_short(key: str, config: JsonObject, kind: NodeType | None) -> bool:
    if kind is None or key not in kind.config.model_fields:
        return False
    return isinstance(config.get(key), str if key == "model" else list)


def _config_data(config: JsonObject, kind: NodeType | None) -> dict[str, Json]:
    """The settings in the order in which their type declares them, whatever order they were stored in."""
    known = list(kind.config.model_fields) if kind else []
    return {key: config[key] for key in [*known, *sorted(config.keys() - set(known))] if key in config}
