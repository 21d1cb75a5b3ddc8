"""What people call a step: the title of its node, and for an item of a container which one it is. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.engine.graph import END, START, Graph
from orchestrator.engine.values import NodeKey

_PLACE = re.compile(r"(#\d+)?\[(\d+)\]|#\d+$")
_ENDS: Mapping[str, str] = {START: "Start", END: "End"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Of one graph."""

    titles: Mapping[str, str]

    def of(self, path: str) -> str:
        """`Draft reply`; of an item `Draft reply · 4`: people count from one."""
        items = [int(found[2]) + 1 for found in _PLACE.finditer(path) if found[2]]
        title = self.of_node(node_of(path))
        return f"{title} · {'.'.join(map(str, items))}" if items else title

    def of_node(self, node: str) -> str:
        return self.titles.get(node) or _ENDS.get(node) or node.rpartition("/")[2]


def names_of(graph: Graph) -> Names:
    """The titles of a graph's nodes."""
    return Names(titles={key: node.title for key, node in graph.nodes.items() if node.title})


def node_of(path: str) -> str:
    """The node that a step's path names: `each/draft` of `each[3]/draft`. Of an item itself, its container."""
    return _PLACE.sub("", path)


def is_inside(graph: Graph, node: str) -> bool:
    """Whether the node belongs to a container's body."""
    return "/" in node and NodeKey(node) in graph.nodes
