"""The JSON Schema of workflow files, made from the file's shape and the settings of every node type.

It is checked in as docs/workflow.schema.json (`python -m builder.schema` renews it), so that editors complete what people
type and show what is wrong while they do.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from builder.portable_graph import SHORTHAND
from builder.portable_shape import BodyShape, FileShape, NodeShape
from orchestrator import registry
from orchestrator.contract.node import NodeType
from orchestrator.engine.graph import BODY
from orchestrator.engine.problem import RESERVED
from orchestrator.engine.values import Json, JsonObject

PUBLISHED = Path(__file__).resolve().parent.parent / "docs" / "workflow.schema.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def workflow_schema(*, published: bool = False) -> JsonObject:
    """The JSON Schema of a workflow file with the node types that are installed here; `published`: with Baton's own alone."""
    known = sorted(registry.node_types().items())
    types = [each for _, each in known if not each.hidden and (_is_own(each) or not published)]
    shapes: list[type[BaseModel]] = [FileShape, BodyShape, *(each.config for each in types)]
    places, whole = models_json_schema([(shape, "validation") for shape in shapes])
    parts = whole["$defs"]
    for each in types:
        _fit_config(parts[_name(places[each.config, "validation"])])
    node = parts[NodeShape.__name__]
    node["properties"]["type"] |= {"enum": [each.name for each in types]}
    node["allOf"] = [_rule(each, places[each.config, "validation"]) for each in types]
    file = parts.pop(FileShape.__name__)
    for graph in (file, parts[BodyShape.__name__]):
        graph["properties"]["nodes"] |= {
            "additionalProperties": False,
            "propertyNames": {"not": {"enum": sorted(RESERVED)}},
        }
    return {"$schema": _DIALECT, **file, "title": "Baton workflow", "$defs": dict(sorted(parts.items()))}


def schema_text() -> str:
    """The schema as the file docs/workflow.schema.json holds it."""
    return json.dumps(workflow_schema(published=True), indent=2, ensure_ascii=False) + "\n"


def _is_own(kind: NodeType) -> bool:
    return kind.config.__module__.startswith("orchestrator.")


def _name(reference: JsonObject) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _fit_config(config: dict[str, Json]) -> None:
    """In a file, edges of a body are text, and what has a short form may stand beside the config instead."""
    if BODY in config.get("properties", {}):
        config["properties"][BODY] = {"$ref": f"#/$defs/{BodyShape.__name__}"}
    required = [key for key in config.pop("required", ()) if key not in SHORTHAND]
    if required:
        config["required"] = required


def _rule(kind: NodeType, config: JsonObject) -> Mapping[str, Json]:
    """If a node is of this type, its config is this, and it has no short form of what the type does not have."""
    absent = {key: False for key in SHORTHAND if key not in kind.config.model_fields}
    needs = [field for name, field in kind.config.model_fields.items() if field.is_required() and name not in SHORTHAND]
    then: dict[str, Json] = {"properties": {"config": config, **absent}}
    return {
        "if": {"properties": {"type": {"const": kind.name}}, "required": ["type"]},
        "then": then | ({"required": ["config"]} if needs else {}),
    }


if __name__ == "__main__":
    PUBLISHED.write_text(schema_text())
