"""Problems of the edges of one graph: what they name, cycles, nodes that nothing leads to."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from orchestrator.engine.gates import APPROVE, REJECT
from orchestrator.engine.graph import END, START
from orchestrator.engine.problem import Problem, Severity
from orchestrator.engine.values import ANY, ERROR, EXPIRED, OUT, REJECTED, Json, JsonObject

MOST_EDGES = 2000
Edge = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The nodes of one graph with the ports that each of them has (None: not known, its config is wrong), and its edges.
    `is_root`: the graph of the workflow, whose edges may begin at `start` and end at `end`."""

    nodes: Mapping[str, JsonObject]
    ports: Mapping[str, Collection[str] | None]
    edges: list[Edge]
    is_root: bool

    def upstream(self, key: str) -> frozenset[str]:
        """The nodes before `key` in this graph."""
        before = self._sources()
        found: set[str] = set()
        open_keys = [key]
        while open_keys:
            for source in before[open_keys.pop()] - found:
                found.add(source)
                open_keys.append(source)
        return frozenset(found)

    def _sources(self) -> defaultdict[str, set[str]]:
        before: defaultdict[str, set[str]] = defaultdict(set)
        for source, _, target in self.edges:
            before[target].add(source)
        return before


def side_ports(node: JsonObject) -> frozenset[str]:
    """The ports that a node has by its common settings."""
    gate = node.get("gate")
    found: set[str] = {ERROR} if node.get("on_error") == "port" else set()
    if isinstance(gate, Mapping):
        found |= {REJECTED} | _expiry_port(gate)
    return frozenset(found) | {ANY}


def _expiry_port(gate: JsonObject) -> set[str]:
    expiry = str(gate.get("on_expiry", EXPIRED))
    return set() if gate.get("due") is None or expiry in (APPROVE, REJECT) else {expiry}


def read_edges(document: JsonObject, prefix: str) -> tuple[list[Edge], list[Problem]]:
    """The edges that are edges, and the problems of the others."""
    source = document.get("edges") or []
    if not isinstance(source, list | tuple):
        return [], [_problem("wrong_edge", prefix, "edges", "`edges` is a list of [source, port, target].")]
    edges: list[Edge] = []
    problems: list[Problem] = []
    for number, edge in enumerate(source[:MOST_EDGES]):
        if _is_edge(edge):
            edges.append((edge[0], edge[1], edge[2]))
        else:
            problems.append(
                _problem("wrong_edge", prefix, f"edges.{number}", "An edge is [source, port, target], three names.")
            )
    if len(source) > MOST_EDGES:
        problems.append(_problem("too_large", prefix, "edges", f"A graph has at most {MOST_EDGES} edges: split it."))
    return edges, problems


def _is_edge(edge: Json) -> bool:
    return isinstance(edge, list | tuple) and len(edge) == 3 and all(isinstance(part, str) for part in edge)


def _problem(code: str, prefix: str, field: str, message: str) -> Problem:
    return Problem(
        code=code, node=prefix.rstrip("/"), field=f"config.body.{field}" if prefix else field, message=message
    )


def edge_problems(wiring: Wiring, prefix: str) -> Iterator[Problem]:
    """What is wrong with the edges of a graph, each taken by itself and all together."""
    seen: set[Edge] = set()
    for number, edge in enumerate(wiring.edges):
        for code, message in _edge_problems(wiring, edge):
            yield _problem(code, prefix, f"edges.{number}", message)
        if edge in seen:
            yield _problem("double_edge", prefix, f"edges.{number}", "This edge is there twice: remove one of the two.")
        seen.add(edge)
    yield from _missing_ports(wiring, prefix)
    cycle = _cycle(wiring)
    if cycle:
        way = " -> ".join(cycle)
        message = f"The edges lead in a circle: {way}. Remove one of them; for repetition use a container."
        yield _problem("cycle", prefix, "edges", message)
    yield from _unreached(wiring, prefix, set(cycle))


def _edge_problems(wiring: Wiring, edge: Edge) -> Iterator[tuple[str, str]]:
    source, port, target = edge
    starts, ends = ({START}, {END}) if wiring.is_root else (set(), set())
    if source not in wiring.nodes and source not in starts:
        yield "unknown_node", f"There is no node {source!r} here: add it, or correct the edge."
    if target not in wiring.nodes and target not in ends:
        yield "unknown_node", f"There is no node {target!r} here: add it, or correct the edge."
    known = (OUT, ANY) if source in starts else wiring.ports.get(source)
    if known is not None and port not in known:
        yield "unknown_port", _no_port(source, port, known)


def _no_port(source: str, port: str, known: Collection[str]) -> str:
    names = ", ".join(name for name in known if name != ANY)
    return f"{source!r} has no port {port!r}; it has {names}.{_HOW_TO_HAVE.get(port, '')}"


_HOW_TO_HAVE: Mapping[str, str] = {
    ERROR: " Set its `on_error` to port to have one.",
    REJECTED: " Give it a gate to have one.",
    EXPIRED: " Give its gate, or the checkpoint, `due` to have one.",
}


def _missing_ports(wiring: Wiring, prefix: str) -> Iterator[Problem]:
    """An error that is to take a port needs an edge there."""
    taken = {(source, port) for source, port, _ in wiring.edges}
    for key, node in wiring.nodes.items():
        if node.get("on_error") == "port" and (key, ERROR) not in taken:
            message = (
                f"Errors of {key!r} are to take the port error, and no edge begins there: draw one, or choose fail."
            )
            yield Problem(code="error_port_unused", node=prefix + key, field="on_error", message=message)
        if _expires_nowhere(wiring, key):
            message = (
                f"Nobody may decide about {key!r} in time: draw an edge from its port expired, or set `on_expiry`."
            )
            yield Problem(code="expired_port_unused", node=prefix + key, field="config.due", message=message)


def _expires_nowhere(wiring: Wiring, key: str) -> bool:
    """Whether people are given a time, and nothing would come after it. (Of a node without edges everything leads to the end.)"""
    config, ports = wiring.nodes[key].get("config"), {port for source, port, _ in wiring.edges if source == key}
    has_time = isinstance(config, Mapping) and config.get("due") is not None
    return has_time and EXPIRED in (wiring.ports.get(key) or ()) and bool(ports) and not ports & {EXPIRED, ANY}


def _cycle(wiring: Wiring) -> list[str]:
    before: dict[str, set[str]] = {key: set() for key in wiring.nodes}
    for source, _, target in wiring.edges:
        if source in before and target in before:
            before[target].add(source)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _unreached(wiring: Wiring, prefix: str, in_cycle: set[str]) -> Iterator[Problem]:
    targets = {target for _, _, target in wiring.edges}
    reached = {key for key in wiring.nodes if key not in targets}
    reached |= {target for source, _, target in wiring.edges if source == START}
    following = defaultdict(set)
    for source, _, target in wiring.edges:
        following[source].add(target)
    open_keys = list(reached)
    while open_keys:
        for target in following[open_keys.pop()] - reached:
            reached.add(target)
            open_keys.append(target)
    for key in (key for key in wiring.nodes if key not in reached | in_cycle):
        message = f"No way leads from the beginning to {key!r}: connect it, or remove it."
        yield Problem(code="unreachable", node=prefix + key, message=message)
    yield from _alone(wiring, prefix, targets)


def _alone(wiring: Wiring, prefix: str, targets: set[str]) -> Iterator[Problem]:
    sources = {source for source, _, _ in wiring.edges}
    for key in wiring.nodes if wiring.edges else ():
        if key not in targets | sources:
            message = f"No edge leads to {key!r} or away from it, so it runs at once and alone: connect it if that is not meant."
            yield Problem(severity=Severity.HINT, code="unconnected", node=prefix + key, message=message)
