"""Results that may be used again: the node's common setting `cache`. Per team, for so many seconds.

The key is a digest of the node's type and config, of every value that its templates name, and of the connection and the
vendor's model that answer for it now.
"""

import json

from pydantic import BaseModel

from orchestrator.contract.node import Result
from orchestrator.engine.templating import names
from orchestrator.engine.values import Json, PortName
from orchestrator.operations import cache
from orchestrator.operations.calls import digest_of
from orchestrator.worker import committers
from orchestrator.worker.context import Reference, StepContext
from orchestrator.worker.model_calls import route_for


def key_of(context: StepContext, config: BaseModel) -> str:
    """Equal for equal work. `config` is the checked one: it names a model even where the graph leaves that out."""
    node = context.node
    read = {name: context.values.get(name) for name in sorted(names(node.config))}
    told = [node.type, node.revision, node.config, read, _model(context, config)]
    return digest_of(json.dumps(told, sort_keys=True, ensure_ascii=False))


def _model(context: StepContext, config: BaseModel) -> Json:
    """The model that the node's alias stands for now: another one gives another result."""
    named = getattr(config, "model", None)
    if not isinstance(named, str):
        return None
    where = route_for(context.run.team, named)
    return [where.connection, where.provider, where.model]


def find(context: StepContext, key: str) -> Result | None:
    """An earlier result that is still young enough."""
    found = committers.run(cache.find, team=context.run.team, key=key)
    if found is None:
        return None
    return Result(output=found["output"], ports=frozenset(map(PortName, found["ports"])), reason=found["reason"])


def keep(context: StepContext, key: str, result: Result) -> None:
    """Keep the result for the node's seconds; a list of items is not kept."""
    if not isinstance(result.output, Reference):
        value = {"output": result.output, "ports": sorted(result.ports), "reason": result.reason}
        committers.run(cache.keep, team=context.run.team, key=key, value=value, seconds=context.node.cache)
