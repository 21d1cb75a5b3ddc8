"""Settings that several node types share, and their checks with words for people."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from orchestrator.contract.json_schema import WrongSchema, check_schema
from orchestrator.engine.conditions import WrongCondition, check_condition
from orchestrator.engine.values import Json

SIDE = frozenset({"error", "rejected", "expired", "*"})
"""Ports that mean something else on every node."""
_PORT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def _schema(value: Json) -> Json:
    try:
        check_schema(value)
    except WrongSchema as error:
        raise ValueError(str(error)) from None
    return value


def _form(value: Json) -> Json:
    if value.get("type") != "object" or not value.get("properties"):
        raise ValueError("a form is a JSON Schema of type object with properties")
    return value


def checked_condition(value: Json) -> Json:
    """The condition, or ValueError in its own words."""
    try:
        check_condition(value)
    except WrongCondition as error:
        raise ValueError(str(error)) from None
    return value


def port_name(value: str) -> str:
    """The name of an author's port, or ValueError."""
    if not _PORT.fullmatch(value) or value in SIDE:
        raise ValueError(
            f"{value!r} cannot name a port: use letters, digits, _ and -, none of {', '.join(sorted(SIDE))}"
        )
    return value


Schema = Annotated[dict[str, Any], AfterValidator(_schema)]
FormSchema = Annotated[dict[str, Any], AfterValidator(_schema), AfterValidator(_form)]
Condition = Annotated[dict[str, Any], AfterValidator(checked_condition)]
PortName = Annotated[str, AfterValidator(port_name)]
Queue = Annotated[
    str, Field(title="Queue", description="The queue whose members are asked.", min_length=1, max_length=100)
]
ModelName = Annotated[
    str,
    Field(
        title="Model",
        description="fast, strong or default (the team says what they mean), or provider/name.",
        min_length=1,
        max_length=200,
    ),
]
Files = Annotated[
    str | list[str],
    Field(
        title="Files",
        description="Pictures, PDFs and texts that the model looks at itself: {{ inputs.photo }}, or a list of files.",
    ),
]
MaxTokens = Annotated[
    int, Field(title="Longest answer", description="In tokens; the budget reserves them.", ge=1, le=200_000)
]
Temperature = Annotated[
    float | None,
    Field(title="Temperature", description="0 is sober, 1 is lively. Empty: as the vendor has it.", ge=0, le=2),
]
Repairs = Annotated[
    int,
    Field(title="Repairs", description="How often an answer that does not fit the schema is sent back.", ge=0, le=5),
]
