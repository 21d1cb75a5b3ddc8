"""How the nodes of a document are shown: the titles, icons and outputs that their types declare. For `ui.graph`."""

from collections.abc import Mapping

from pydantic import ValidationError

from orchestrator import registry
from orchestrator.contract.node import NodeType
from orchestrator.engine.values import OUT, Json, JsonObject
from ui.graph.reading import plain_look
from ui.graph.values import Look, Port

KINDS = {"string": "text", "object": "json", "array": "json"}


def look_of(node: JsonObject) -> Look:
    """The look of one node of a document. Of an unknown type, or with wrong settings, it is a plain box."""
    kind = registry.node_types().get(str(node.get("type")))
    if kind is None:
        return plain_look(node)
    return Look(title=kind.title, icon=kind.icon, ports=_ports(kind, node.get("config") or {}))


def _ports(kind: NodeType, config: JsonObject) -> tuple[Port, ...]:
    try:
        checked = kind.config.model_validate(dict(config))
    except ValidationError:
        return (Port(name=OUT),)
    comes_out = _kind(kind.output_schema(checked))
    return tuple(Port(name=name, kind=comes_out) for name in kind.ports(checked))


def _kind(schema: Json) -> str:
    return KINDS.get(str(schema.get("type")), "any") if isinstance(schema, Mapping) else "any"
