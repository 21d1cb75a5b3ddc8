"""Which chain of steps decided how long a run took, and what it saved that others ran beside them. Pure.

The critical path method (Kelley and Walker, 1959): the longest chain through the graph, each step weighing the time that it
took itself. Whatever is not on it could have been slower without making the run slower.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from history.run.spans import Line
from orchestrator.engine.graph import Graph
from orchestrator.engine.values import NodeKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Critical:
    """`steps` are the paths of the chain in their order, `seconds` its length, `together` what all steps took one by one."""

    steps: tuple[str, ...] = ()
    seconds: float = 0.0
    together: float = 0.0

    @property
    def saved(self) -> float:
        """Seconds that parallel branches and items saved."""
        return max(0.0, self.together - self.seconds)


def critical(graph: Graph, lines: Iterable[Line]) -> Critical:
    """Of a run. A container counts on the path from its first item to its last; in the sum, each step inside it for itself."""
    known = {line.path: line for line in lines}
    times = {path: line.active for path, line in known.items() if "[" not in path}
    steps = longest_chain(times, before(graph, times))
    together = sum(line.active for line in known.values() if not line.is_container())
    return Critical(steps=steps, seconds=sum(times[path] for path in steps), together=together)


def before(graph: Graph, paths: Collection[str]) -> dict[str, set[str]]:
    """By step of the root graph those that lead to it, of the given ones."""
    found: dict[str, set[str]] = {path: set() for path in paths}
    for source in paths:
        for edge in graph.outgoing.get(NodeKey(source), ()):
            if edge.target in found:
                found[edge.target].add(source)
    return found


def longest_chain(times: Mapping[str, float], earlier: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The chain with the largest sum of times; `earlier` gives what leads to each, and has no circle."""
    best: dict[str, tuple[float, str]] = {}
    for name in TopologicalSorter(earlier).static_order():
        length, previous = max(((best[other][0], other) for other in earlier.get(name, ())), default=(0.0, ""))
        best[name] = (length + times.get(name, 0.0), previous)
    last = max(best, key=lambda name: best[name][0], default="")
    chain: list[str] = []
    while last:
        chain.append(last)
        last = best[last][1]
    return tuple(reversed(chain))
