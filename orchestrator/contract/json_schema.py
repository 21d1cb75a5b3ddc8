"""JSON Schema as the product uses it: draft 2020-12, patterns through re2 (security S14), no remote references.

For inputs of runs, outputs of models, forms that people fill in, and edited arguments.
"""

from collections.abc import Iterator, Mapping

import jsonschema
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from orchestrator.contract.patterns import WrongPattern, compiled, matches
from orchestrator.engine.values import BatonError, Json, JsonObject

MOST_MESSAGES = 10
DEEPEST, LARGEST = 20, 2000


class WrongSchema(BatonError):
    """This is no JSON Schema that can be used here."""

    code = "wrong_schema"


def _pattern(_validator: Json, pattern: str, instance: Json, _schema: Json) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield jsonschema.ValidationError(f"{instance[:100]!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Json, patterns: JsonObject, instance: Json, _schema: Json
) -> Iterator[jsonschema.ValidationError]:
    if not isinstance(instance, Mapping):
        return
    for pattern, schema in patterns.items():
        for name in (name for name in instance if matches(pattern, name)):
            yield from validator.descend(instance[name], schema, path=name, schema_path=pattern)


def _additional_properties(
    validator: Json, allowed: Json, instance: Json, schema: JsonObject
) -> Iterator[jsonschema.ValidationError]:
    if not isinstance(instance, Mapping):
        return
    extra = [name for name in instance if not _is_named(name, schema)]
    if isinstance(allowed, Mapping):
        for name in extra:
            yield from validator.descend(instance[name], allowed, path=name)
    elif allowed is False and extra:
        yield jsonschema.ValidationError(f"these properties are not allowed: {', '.join(extra[:MOST_MESSAGES])}")


def _is_named(name: str, schema: JsonObject) -> bool:
    patterns = schema.get("patternProperties") or {}
    return name in (schema.get("properties") or {}) or any(matches(pattern, name) for pattern in patterns)


def _unevaluated(
    _validator: Json, _value: Json, _instance: Json, _schema: Json
) -> Iterator[jsonschema.ValidationError]:
    raise WrongSchema("unevaluatedProperties is not known here. Use additionalProperties.")


_Validator: Json = extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "unevaluatedProperties": _unevaluated,
    },
)
_NOTHING_REMOTE: Registry[Json] = Registry()
_NO_FORMATS = jsonschema.FormatChecker(formats=())
"""Else `format: regex` would hand the author's patterns to `re`."""


def check_schema(schema: Json) -> None:
    """Raise WrongSchema where `schema` is none, is too large, or has a pattern or a reference that cannot be used."""
    if not isinstance(schema, Mapping):
        raise WrongSchema("A JSON Schema is an object, such as {type: object, properties: {...}}.")
    if sum(1 for _ in _nodes(schema, 1)) > LARGEST:
        raise WrongSchema(f"A JSON Schema has at most {LARGEST} parts.")
    _check_keywords(schema)
    try:
        jsonschema.Draft202012Validator.check_schema(schema, format_checker=_NO_FORMATS)
    except jsonschema.SchemaError as error:
        raise WrongSchema(f"At {_place(error)}: {error.message}.") from None
    except RecursionError:
        raise WrongSchema from None


def _check_keywords(schema: JsonObject) -> None:
    for part in _nodes(schema, 1):
        if not isinstance(part, Mapping):
            continue
        if "unevaluatedProperties" in part:
            raise WrongSchema("unevaluatedProperties is not known here. Use additionalProperties.")
        reference = part.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            raise WrongSchema(f"The reference {reference!r} leads outside. Use one that starts with #.")
        for pattern in _patterns(part):
            try:
                compiled(pattern)
            except WrongPattern as error:
                raise WrongSchema(str(error)) from None


def _patterns(part: JsonObject) -> Iterator[str]:
    pattern, patterns = part.get("pattern"), part.get("patternProperties")
    if isinstance(pattern, str):
        yield pattern
    if isinstance(patterns, Mapping):
        yield from patterns


def _nodes(value: Json, depth: int) -> Iterator[Json]:
    if depth > DEEPEST:
        raise WrongSchema(f"A JSON Schema is at most {DEEPEST} levels deep.")
    yield value
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for child in children:
        yield from _nodes(child, depth + 1)


def problems_of(value: Json, schema: JsonObject) -> list[str]:
    """What is wrong with the value, in words, each with its place; the first few. [] when it fits."""
    try:
        validator = _Validator(_without_dialects(schema), registry=_NOTHING_REMOTE)
        errors = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.path])
    except (Unresolvable, RecursionError, WrongPattern, jsonschema.SchemaError) as error:
        raise WrongSchema(f"The schema cannot be used: {error}") from None
    return [_said(error) for error in errors[:MOST_MESSAGES]]


def _said(error: jsonschema.ValidationError) -> str:
    """The most telling part of an error; for alternatives the one that came closest."""
    found: jsonschema.ValidationError = best_match([error]) or error
    return f"{_place(found)}: {found.message[:300]}"


def _without_dialects(part: Json) -> Json:
    """Without `$schema`: jsonschema would go on with that dialect's own class, whose patterns are not ours."""
    if isinstance(part, Mapping):
        return {
            key: _without_dialects(value)
            for key, value in part.items()
            if not (key == "$schema" and isinstance(value, str))
        }
    return [_without_dialects(value) for value in part] if isinstance(part, list) else part


def _place(error: jsonschema.ValidationError | jsonschema.SchemaError) -> str:
    return "/".join(str(part) for part in error.absolute_path) or "the whole value"


def with_defaults(value: Json, schema: JsonObject) -> Json:
    """The value with the defaults of its schema's properties filled in, at every level of objects."""
    properties = schema.get("properties")
    if not isinstance(value, Mapping) or not isinstance(properties, Mapping):
        return value
    filled = dict(value)
    for name, part in properties.items():
        if not isinstance(part, Mapping):
            continue
        if name not in filled and "default" in part:
            filled[name] = part["default"]
        elif name in filled:
            filled[name] = with_defaults(filled[name], part)
    return filled
