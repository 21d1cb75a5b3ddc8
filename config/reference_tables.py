"""A JSON Schema of an object as tables in Markdown, a row for each field, as the reference shows them."""

import json
from collections.abc import Collection, Iterator

from orchestrator.engine.values import Json, JsonObject

HEAD = "| setting | title | value | default | what it is for |\n| --- | --- | --- | --- | --- |\n"
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "null": "nothing",
}
LIMITS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "to {}",
    "maxLength": "up to {} characters",
    "maxItems": "up to {}",
    "maxProperties": "up to {}",
}


def field_tables(schema: JsonObject) -> str:
    """A table of the object's fields, and one for each object that they name."""
    parts = schema.get("$defs") or {}
    named = [(name, parts[name]) for name in _named(schema.get("properties"), parts)]
    inner = [f"`{name}`: {part['description']}\n\n{_table(part, parts)}" for name, part in named]
    return "\n\n".join([_table(schema, parts), *inner])


def _table(schema: JsonObject, parts: JsonObject) -> str:
    fields, required = schema.get("properties") or {}, schema.get("required") or ()
    if not fields:
        return "It has no settings."
    return HEAD + "\n".join(_row(name, field, required, parts) for name, field in fields.items())


def _row(name: str, field: JsonObject, required: Collection[str], parts: JsonObject) -> str:
    default = "needed" if name in required else _default(field.get("default"))
    title = field.get("title") or name.replace("_", " ").capitalize()
    cells = [f"`{name}`", title, _value(field, parts), default, " ".join(str(field.get("description", "")).split())]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(value: Json) -> str:
    return "" if value in (None, "", [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


def _value(field: JsonObject, parts: JsonObject) -> str:
    """What may stand there, in words."""
    if "$ref" in field:
        name = _name(field)
        return f"`{name}`" if "properties" in parts[name] else _value(parts[name], parts)
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_value(way, parts) for way in field["anyOf"] if way.get("type") != "null"))
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    limits = [words.format(field[key]) for key, words in LIMITS.items() if key in field]
    return ", ".join([_kind(field, parts), *limits])


def _kind(field: JsonObject, parts: JsonObject) -> str:
    of = field.get("items") or field.get("additionalProperties")
    if field.get("type") == "array":
        return f"list of {_value(of, parts)}" if of and not field.get("prefixItems") else "list"
    if field.get("type") == "object" and isinstance(of, dict):
        return f"mapping to {_value(of, parts)}"
    return WORDS.get(field.get("type", ""), "anything")


def _named(value: Json, parts: JsonObject, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """The objects that a schema refers to, each once, in the order in which they are met."""
    found = [name for name in dict.fromkeys(_references(value)) if name not in seen]
    for name in found:
        if "properties" in parts[name]:
            yield name
        yield from _named(parts[name], parts, (*seen, *found))


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield _name(value)
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _name(reference: JsonObject) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
