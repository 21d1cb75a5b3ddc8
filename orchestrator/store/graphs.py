"""Graphs of versions, compiled once per process: a version never changes."""

import json
from functools import lru_cache

from orchestrator.engine.graph import Graph, compile_document
from orchestrator.registry import node_types
from orchestrator.store.database import execute


@lru_cache(maxsize=512)
def graph_of(version: int) -> Graph:
    """The graph of a version. Runs on a committer."""
    stored = execute("SELECT document FROM version WHERE id = %s", [version]).fetchone()[0]
    document = json.loads(stored) if isinstance(stored, str) else stored
    quick = {name for name, kind in node_types().items() if kind.quick}
    return compile_document(document, quick_types=quick)
