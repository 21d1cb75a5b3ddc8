"""What lies before a node: everything whose output may have reached it."""

from collections import defaultdict
from collections.abc import Iterator

from orchestrator.engine.graph import Graph
from orchestrator.engine.values import NodeKey


def before(graph: Graph, key: NodeKey) -> frozenset[NodeKey]:
    """The nodes before `key`: upstream of it and of the containers around it, and the bodies of containers among them."""
    sources = _sources(graph)
    found: set[NodeKey] = set()
    open_keys = [key, *_around(key)]
    while open_keys:
        for source in sources[open_keys.pop()] - found:
            found.add(source)
            open_keys.append(source)
    return frozenset(found) | {inner for inner in graph.nodes if _is_inside(inner, found)}


def _sources(graph: Graph) -> defaultdict[NodeKey, set[NodeKey]]:
    found: defaultdict[NodeKey, set[NodeKey]] = defaultdict(set)
    for edges in graph.outgoing.values():
        for edge in edges:
            found[edge.target].add(edge.source)
    return found


def _around(key: NodeKey) -> Iterator[NodeKey]:
    """The containers that a node is inside of, innermost first."""
    container = key.rpartition("/")[0]
    while container:
        yield NodeKey(container)
        container = container.rpartition("/")[0]


def _is_inside(key: NodeKey, containers: set[NodeKey]) -> bool:
    return any(container in containers for container in _around(key))
