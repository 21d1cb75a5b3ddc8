"""Structured output: JSON that fits a schema, validated always, repaired with the validator's words at most n times.

A vendor's native mode is asked for in the request; what it promises is not believed. Schemas come from people: references
to other documents are never fetched, and patterns run in re2 alone (security S14).
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import re2
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from orchestrator.contract.context import Context
from orchestrator.contract.errors import NodeError
from orchestrator.contract.messages import Message, ModelAnswer, ModelRequest, Role, Stop, Text, user
from orchestrator.engine.values import Json, JsonObject

FENCED = re.compile(r"```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```", re.S)
MOST_ERRORS = 10
LONGEST_ERROR = 300


class OutputInvalid(NodeError):
    """The model's output does not fit its schema, also after repairs. Simplify the schema, give the model an example of a
    good output, use a stronger model, or let a person fix it by hand."""

    code = "output_invalid"


class ModelRefused(NodeError):
    """The model will not answer this. Change the request, or use another model."""

    code = "model_refused"


class WrongSchema(NodeError):
    """This is no JSON Schema (draft 2020-12), or it refers to another document. Correct it in the node's settings."""

    code = "wrong_schema"


def answer_structured(
    ctx: Context, key: str, request: ModelRequest, schema: JsonObject, repairs: int = 2
) -> tuple[Json, ModelAnswer]:
    """Call the model under `key` and return the value that fits `schema`, and the answer it was found in.

    A misfit is told to the model under `<key>/repair:1` and so on, at most `repairs` times. Raises OutputInvalid (its data:
    `errors`, and the last `output` as text), ModelRefused, WrongSchema.
    """
    check_schema(schema)
    request = replace(request, output_schema=schema)
    answer = ctx.model(key, request)
    for number in range(1, repairs + 1):
        value, errors = read_value(answer, schema)
        if not errors:
            return value, answer
        request = _with_repair(request, answer, errors)
        answer = ctx.model(f"{key}/repair:{number}", request)
    value, errors = read_value(answer, schema)
    if errors:
        raise OutputInvalid(
            f"The model's output does not fit its schema: {'; '.join(errors)}", errors=errors, output=answer.text()
        )
    return value, answer


def read_value(answer: ModelAnswer, schema: JsonObject) -> tuple[Json, list[str]]:
    """The JSON value in an answer and what is wrong with it. Raises ModelRefused."""
    if answer.stop is Stop.REFUSAL:
        raise ModelRefused(f"The model will not answer this: {answer.text()[:LONGEST_ERROR]}")
    cut = ["The answer was cut off at max_tokens: answer more briefly."] if answer.stop is Stop.LENGTH else []
    try:
        value = parse(answer.text())
    except ValueError as error:
        return None, [*cut, f"The answer is no JSON: {error}"]
    return value, misfits(value, schema)


def parse(text: str) -> Json:
    """The JSON of an answer: all of it, or what stands in its one fenced block. Raises ValueError."""
    try:
        return _loads(text)
    except ValueError:
        blocks = FENCED.findall(text)
        if len(blocks) != 1:
            raise
        return _loads(blocks[0])


def misfits(value: Json, schema: JsonObject) -> list[str]:
    """What is wrong with the value, as `place: message`, at most ten; [] when it fits. Raises WrongSchema."""
    try:
        return [_said(error) for error, _ in zip(_errors(value, schema), range(MOST_ERRORS), strict=False)]
    except (Unresolvable, re2.error, RecursionError) as error:
        raise WrongSchema(f"The schema cannot be used: {error!s:.200}. Correct it in the node's settings.") from error


def check_schema(schema: JsonObject) -> None:
    """Raises WrongSchema where it is no JSON Schema."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(map(str, error.path)) or "the schema"
        raise WrongSchema(f"{place}: {error.message[:LONGEST_ERROR]}. Correct it in the node's settings.") from error
    except RecursionError as error:
        raise WrongSchema from error


def _with_repair(request: ModelRequest, answer: ModelAnswer, errors: Sequence[str]) -> ModelRequest:
    said = answer.parts if answer.text().strip() else (Text(text="(no answer)"),)
    lines = "\n".join(f"- {error}" for error in errors)
    ask = f"Your answer does not fit the JSON Schema:\n{lines}\nAnswer again with the corrected JSON alone."
    return replace(request, messages=(*request.messages, Message(role=Role.ASSISTANT, parts=said), user(ask)))


def _errors(value: Json, schema: JsonObject) -> Iterator[ValidationError]:
    yield from Validator(schema, registry=Registry()).iter_errors(value)


def _said(error: ValidationError) -> str:
    """The most telling part of an error; for alternatives the one that came closest."""
    found = best_match([error]) or error
    place = "/".join(map(str, found.absolute_path)) or "the whole value"
    return f"{place}: {found.message[:LONGEST_ERROR]}"


def _loads(text: str) -> Json:
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no JSON")


def _matches(pattern: str, text: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    return bool(re2.compile(pattern, options).search(text))


def _pattern(_validator: Any, pattern: str, value: Json, _schema: JsonObject) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _matches(pattern, value):
        yield ValidationError(f"{value[:LONGEST_ERROR]!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: JsonObject, value: Json, _schema: JsonObject
) -> Iterator[ValidationError]:
    for pattern, schema in patterns.items() if isinstance(value, dict) else ():
        for name, part in value.items():
            if _matches(pattern, name):
                yield from validator.descend(part, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Json, value: Json, schema: JsonObject) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    patterns = schema.get("patternProperties", {})
    extra = [
        name
        for name in value
        if name not in schema.get("properties", {}) and not any(_matches(p, name) for p in patterns)
    ]
    if allowed is False and extra:
        yield ValidationError(f"these properties are not allowed: {', '.join(extra[:MOST_ERRORS])}")
    elif isinstance(allowed, dict):
        for name in extra:
            yield from validator.descend(value[name], allowed, path=name)


Validator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional_properties},
)
