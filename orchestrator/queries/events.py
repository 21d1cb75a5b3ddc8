"""The events of runs, for everybody who follows one: the hub, server-sent events, the REST API. One object everywhere."""

from orchestrator.engine.values import Json
from orchestrator.store.reads import events, sequences

__all__ = ["event_object", "events", "sequences"]


def event_object(*, run: int, seq: int, at: float, facts: list[Json]) -> dict[str, Json]:
    """What is sent of one commit."""
    return {"run": run, "seq": seq, "at": at, "facts": facts}
