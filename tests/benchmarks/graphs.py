"""The workflows that are measured, as documents."""

import itertools
from typing import Any

Document = dict[str, Any]


def chain(length: int, **node: Any) -> Document:
    """So many equal nodes, one after the other."""
    names = [f"n{number}" for number in range(length)]
    nodes = {name: {"type": "noop", **node} for name in names}
    edges = [[one, "out", other] for one, other in itertools.pairwise(names)]
    return {"nodes": nodes, "edges": edges}


def fan(width: int) -> Document:
    """One step, so many no-ops side by side, a join that reads what all of them gave."""
    body = {"nodes": {"item": {"type": "noop"}}, "edges": []}
    nodes = {
        "first": {"type": "spread", "config": {"items": width}},
        "each": {"type": "map", "config": {"items": "{{ first }}", "cap": 0, "body": body}},
        "join": {"type": "count", "config": {"of": "{{ each }}"}},
    }
    return {
        "nodes": nodes,
        "edges": [["first", "out", "each"], ["each", "out", "join"]],
        "output": {"count": "{{ join }}"},
    }
