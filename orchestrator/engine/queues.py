"""Which queues a workflow's document names."""

from collections.abc import Iterator, Mapping

from orchestrator.engine.graph import BODY
from orchestrator.engine.values import JsonObject


def queues_named(document: JsonObject) -> Iterator[str]:
    """The slugs of the queues that get reviews from its nodes: by gates, by what they ask, by policies of tools."""
    for node in (document.get("nodes") or {}).values():
        config = node.get("config") or {}
        asking = [node.get("gate"), config, *dict(config.get("policies") or {}).values()]
        yield from (one["queue"] for one in asking if isinstance(one, Mapping) and isinstance(one.get("queue"), str))
        yield from queues_named(config.get(BODY) or {})
