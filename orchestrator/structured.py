"""Structured output: JSON that fits a schema, validated always, repaired with the validator's words at most n times.

A vendor's native mode is asked for in the request; what it promises is not believed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from orchestrator.contract import json_schema
from orchestrator.contract.context import Context
from orchestrator.contract.errors import NodeError
from orchestrator.contract.messages import Message, ModelAnswer, ModelRequest, Role, Stop, Text, ToolResult
from orchestrator.engine.values import Json, JsonObject

FENCED = re.compile(r"```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```", re.S)
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
    return settle(ctx, key, request, ctx.model(key, request), repairs)


def settle(
    ctx: Context, key: str, request: ModelRequest, answer: ModelAnswer, repairs: int = 2
) -> tuple[Json, ModelAnswer]:
    """The same for an answer that was given under `key` to a request with an output schema: the last turn of an agent."""
    schema = request.output_schema or {}
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
    """What is wrong with the value, as `place: message`, the first few; [] when it fits. Raises WrongSchema."""
    try:
        return json_schema.problems_of(value, schema)
    except json_schema.WrongSchema as error:
        raise WrongSchema(f"{error} Correct it in the node's settings.") from error


def check_schema(schema: JsonObject) -> None:
    """Raises WrongSchema where it is no JSON Schema."""
    try:
        json_schema.check_schema(schema)
    except json_schema.WrongSchema as error:
        raise WrongSchema(f"{error} Correct it in the node's settings.") from error


def _with_repair(request: ModelRequest, answer: ModelAnswer, errors: Sequence[str]) -> ModelRequest:
    uses = answer.tool_uses()
    said = answer.parts if uses or answer.text().strip() else (Text(text="(no answer)"),)
    lines = "\n".join(f"- {error}" for error in errors)
    ask = f"Your answer does not fit the JSON Schema:\n{lines}\nAnswer again with the corrected JSON alone."
    refused = (
        ToolResult(id=use.id, name=use.name, content="Answer now, without tools.", is_error=True) for use in uses
    )
    asked = Message(role=Role.USER, parts=(*refused, Text(text=ask)))
    return replace(request, messages=(*request.messages, Message(role=Role.ASSISTANT, parts=said), asked))


def _loads(text: str) -> Json:
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no JSON")
