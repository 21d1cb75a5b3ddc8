"""JSON Schemas in the form that a vendor's native structured output takes. The answer is validated against the author's own
schema in any case (structured.py), so a form may say less than the schema, never more."""

import json
from collections.abc import Mapping

from orchestrator.engine.values import Json, JsonObject

NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
SIZES = frozenset({"minLength", "maxLength", "pattern", "maxItems", "uniqueItems", "minProperties", "maxProperties"})
UNSAID = frozenset({"title", "examples", "$schema", "$id", "default"})
UNSUPPORTED = NUMBERS | SIZES | UNSAID
"""`Structured outputs` (Anthropic), JSON Schema limitations."""
COMPOSED = frozenset({"allOf", "oneOf", "not", "if", "then", "else"})
DEPENDENT = frozenset({"dependentRequired", "dependentSchemas", "patternProperties"})
NOT_STRICT = COMPOSED | DEPENDENT | {"minLength", "maxLength"}
"""`Structured model outputs` (OpenAI), supported schemas."""


def closed(schema: JsonObject) -> JsonObject | None:
    """For Anthropic: every object closed, what is not supported moved into the description. None where the schema has open
    objects or is none for an object: then the schema goes into the prompt."""
    return _closed(schema) if _is_closable(schema) and schema.get("type") == "object" else None


def is_strict(schema: Json) -> bool:
    """For OpenAI: whether the schema is in the subset of its strict mode."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    if NOT_STRICT & schema.keys():
        return False
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        required = set(schema.get("required", ()))
        if schema.get("additionalProperties") is not False or not properties or required != properties.keys():
            return False
    named = {name: part for key in ("properties", "$defs") for name, part in schema.get(key, {}).items()}
    rest = [part for key, part in schema.items() if key not in ("properties", "$defs", "enum", "const")]
    return all(map(is_strict, named.values())) and all(map(is_strict, rest))


def in_words(schema: JsonObject) -> str:
    """The schema for a system prompt, where there is no native mode for it."""
    said = json.dumps(schema, ensure_ascii=False)
    return f"Answer with JSON alone, without any other text. It must fit this JSON Schema:\n{said}"


def _is_closable(schema: Json) -> bool:
    if isinstance(schema, list):
        return all(map(_is_closable, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" and (not properties or schema.get("additionalProperties", False) is not False):
        return False
    named = {name: part for key in ("properties", "$defs") for name, part in schema.get(key, {}).items()}
    rest = [part for key, part in schema.items() if key in ("items", "anyOf", "oneOf", "allOf")]
    return "patternProperties" not in schema and all(map(_is_closable, named.values())) and all(map(_is_closable, rest))


def _closed(schema: Json) -> Json:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    said = {key: part for key, part in schema.items() if key in UNSUPPORTED - UNSAID}
    kept = {
        _renamed(key): _part(key, part)
        for key, part in schema.items()
        if key not in UNSUPPORTED and not _is_many(key, part)
    }
    if said:
        words = ", ".join(f"{key}: {json.dumps(part)}" for key, part in said.items())
        kept["description"] = f"{kept.get('description', '')} {{{words}}}".strip()
    if "properties" in kept:
        kept["additionalProperties"] = False
    return kept


def _part(key: str, part: Json) -> Json:
    if key in ("properties", "$defs"):
        return {name: _closed(one) for name, one in part.items()}
    return part if key in ("enum", "const", "required") else _closed(part)


def _renamed(key: str) -> str:
    return "anyOf" if key == "oneOf" else key


def _is_many(key: str, part: Json) -> bool:
    """minItems is supported for 0 and 1 alone."""
    return key == "minItems" and part not in (0, 1)
