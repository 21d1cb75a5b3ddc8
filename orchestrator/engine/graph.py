"""The shape of a workflow: nodes joined by edges, and the bodies of containers. Immutable, with nothing about running it.

A version stores its graph as a document (the shape of `document` below, in builder/portable.py as a YAML file):

    inputs:  JSON Schema of the run's input
    nodes:   {key: {type, config, retry, timeout, on_error, default, cache, gate, queue, revision, title, notes}}
    edges:   [[source, port, target], ...]
    output:  a mapping that the end node fills
    budget:  {money (micro-dollars), tokens, calls}

`compile_document` makes the `Graph` of it: bodies are flattened (`each/draft`), `start` and `end` are added, every node
without a way on leads to `end`, and `start` leads there too, so that a run always reaches its end.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.engine.gates import Gate
from orchestrator.engine.retry import RetryPolicy
from orchestrator.engine.values import ANY, OUT, Json, JsonObject, NodeKey, PortName

START, END = NodeKey("start"), NodeKey("end")
BODY = "body"
SIDE_PORTS = frozenset({"error", "rejected", "expired"})
"""Ports that a node takes instead of its ordinary ones; an edge from one of them alone is no way on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One box. `timeout` is in seconds, `cache` the seconds that a result may be reused (0: never)."""

    key: NodeKey
    type: str
    config: JsonObject = field(default_factory=dict)
    title: str = ""
    queue: str = "default"
    quick: bool = False
    """Whether its type uses neither network nor tool: many quick steps are claimed together."""
    revision: int = 1
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    timeout: float | None = None
    on_error: str = "fail"
    """What a failure means: `fail` (the run), `default` (go on with `default`), `port` (the error port's edges)."""
    default: Json = None
    cache: int = 0
    gate: Gate | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    source: NodeKey
    port: PortName
    target: NodeKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The graph inside a container: where an item begins, and the mapping that makes its output (None: see `item_output`)."""

    entries: tuple[NodeKey, ...]
    sinks: tuple[NodeKey, ...]
    output: Json = None
    single: NodeKey | None = None
    """The one node of a body that has no other and is no container: its step is the item itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    nodes: Mapping[NodeKey, Node]
    outgoing: Mapping[NodeKey, tuple[Edge, ...]]
    indegree: Mapping[NodeKey, int]
    entries: tuple[NodeKey, ...]
    bodies: Mapping[NodeKey, Body] = field(default_factory=dict)

    def ports(self, key: NodeKey) -> frozenset[PortName]:
        """The ports of a node that have an edge."""
        return frozenset(edge.port for edge in self.outgoing[key])


def compile_document(document: JsonObject, *, quick_types: Container[str] = ()) -> Graph:
    """The graph of a checked document: one that `problems.find_problems` has no errors for."""
    flat = list(_flatten(document, ""))
    nodes = {node.key: replace(node, quick=node.type in quick_types) for node, _ in flat}
    edges = [edge for part in _parts(document, "") for edge in _edges_of(*part)]
    root = [node.key for node, parent in flat if parent == ""]
    nodes[START] = Node(key=START, type="start", quick=True, config={"schema": document.get("inputs") or {}})
    nodes[END] = Node(key=END, type="end", quick=True, config={"output": document.get("output")})
    edges += _frame(root, edges)
    return _indexed(nodes, edges, dict(_bodies(document, "", edges)))


def _flatten(document: JsonObject, prefix: str) -> Iterator[tuple[Node, str]]:
    for key, source in (document.get("nodes") or {}).items():
        node = _node(NodeKey(prefix + key), source)
        yield node, prefix
        body = node.config.get(BODY)
        if body:
            yield from _flatten(body, f"{node.key}/")


def _node(key: NodeKey, source: JsonObject) -> Node:
    gate = source.get("gate")
    return Node(
        key=key,
        type=source["type"],
        config=source.get("config") or {},
        title=source.get("title") or "",
        queue=source.get("queue") or "default",
        revision=source.get("revision") or 1,
        retry=RetryPolicy.from_document(source.get("retry") or {}),
        timeout=source.get("timeout"),
        on_error=source.get("on_error") or "fail",
        default=source.get("default"),
        cache=source.get("cache") or 0,
        gate=Gate.from_document(gate) if gate else None,
    )


def _parts(document: JsonObject, prefix: str) -> Iterator[tuple[JsonObject, str]]:
    """The document and every body in it, each with its prefix."""
    yield document, prefix
    for key, source in (document.get("nodes") or {}).items():
        body = (source.get("config") or {}).get(BODY)
        if body:
            yield from _parts(body, f"{prefix}{key}/")


def _edges_of(document: JsonObject, prefix: str) -> Iterator[Edge]:
    for source, port, target in document.get("edges") or ():
        yield Edge(NodeKey(prefix + source), PortName(port), NodeKey(prefix + target))


def _frame(root: list[NodeKey], edges: list[Edge]) -> Iterator[Edge]:
    """The edges from `start` to every beginning, and to `end` from every node without a way on."""
    targets = {edge.target for edge in edges}
    for key in root:
        if key not in targets:
            yield Edge(START, OUT, key)
    yield Edge(START, OUT, END)
    for key in _sinks(root, edges):
        yield Edge(key, ANY, END)


def _sinks(keys: list[NodeKey], edges: list[Edge]) -> list[NodeKey]:
    goes_on = {edge.source for edge in edges if edge.port not in SIDE_PORTS}
    return [key for key in keys if key not in goes_on]


def _bodies(document: JsonObject, prefix: str, edges: list[Edge]) -> Iterator[tuple[NodeKey, Body]]:
    targets = {edge.target for edge in edges}
    for key, source in (document.get("nodes") or {}).items():
        body = (source.get("config") or {}).get(BODY)
        if body:
            container = NodeKey(prefix + key)
            inner = [NodeKey(f"{container}/{name}") for name in body.get("nodes") or {}]
            entries = tuple(name for name in inner if name not in targets)
            sinks = tuple(_sinks(inner, edges))
            yield container, Body(entries=entries, sinks=sinks, output=body.get("output"), single=_single(body, inner))
            yield from _bodies(body, f"{container}/", edges)


def _single(body: JsonObject, inner: list[NodeKey]) -> NodeKey | None:
    (source,) = body["nodes"].values() if len(inner) == 1 else [None]
    return inner[0] if source and BODY not in (source.get("config") or {}) else None


def _indexed(nodes: dict[NodeKey, Node], edges: list[Edge], bodies: dict[NodeKey, Body]) -> Graph:
    outgoing: dict[NodeKey, list[Edge]] = {key: [] for key in nodes}
    indegree = dict.fromkeys(nodes, 0)
    for edge in edges:
        outgoing[edge.source].append(edge)
        indegree[edge.target] += 1
    return Graph(
        nodes=nodes,
        outgoing={key: tuple(found) for key, found in outgoing.items()},
        indegree=indegree,
        entries=(START,),
        bodies=bodies,
    )
