"""Asks a person a question and waits for the answer, for hours or days if need be. Use it where only a person can know."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from orchestrator.contract.json_schema import WrongSchema, check_schema
from orchestrator.contract.questions import Kind, PersonQuestion
from orchestrator.contract.tool import ToolContext, ToolType
from orchestrator.engine.values import Json

ANSWER = {
    "type": "object",
    "required": ["answer"],
    "properties": {"answer": {"type": "string", "title": "Answer", "minLength": 1}},
    "additionalProperties": False,
}


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question: str = Field(title="Question", description="What the person is asked.", min_length=1, max_length=4000)
    context: str = Field(
        "", title="What led to it", description="What the person must know to answer.", max_length=20_000
    )
    form: dict[str, Any] | None = Field(
        None,
        title="Form",
        description="A JSON Schema (type object) of what the person fills in. Empty: one text named answer.",
    )
    queue: str = Field("default", title="Queue", description="The queue whose members are asked.", max_length=100)

    @field_validator("form")
    @classmethod
    def _is_form(cls, form: dict[str, Any] | None) -> dict[str, Any] | None:
        if form is None:
            return form
        try:
            check_schema(form)
        except WrongSchema as error:
            raise ValueError(str(error)) from None
        if form.get("type") != "object" or not form.get("properties"):
            raise ValueError("a form is a JSON Schema of type object with properties")
        return form


def run(context: ToolContext, arguments: Arguments) -> Json:
    decision = context.ask(
        PersonQuestion(
            kind=Kind.INPUT,
            title=arguments.question[:200],
            instructions=arguments.question,
            context=arguments.context or None,
            schema=arguments.form or ANSWER,
            queue=arguments.queue,
        )
    )
    return {"answered": decision.verdict == "answered", "value": decision.value, "comment": decision.comment}


TOOL = ToolType(
    name="ask_person",
    title="Ask a person",
    icon="user-pen",
    description=__doc__,
    arguments=Arguments,
    run=run,
    example={"question": "Which delivery date did you promise?"},
    asks=True,
)
