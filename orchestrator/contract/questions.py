"""What a step asks the outside. People see a Review made from it; the answer comes back under the question's key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.engine.values import Json, JsonObject


class Kind(StrEnum):
    """What is asked of people (reviews), or of the product itself."""

    OUTPUT = "output"
    """May this output go on? The person may edit it."""
    TOOL_CALL = "tool_call"
    """May this tool be called with these arguments? The person may edit them."""
    PLAN = "plan"
    """May these sub-tasks be done? The person may edit, reorder, drop and add."""
    BUDGET = "budget"
    """The budget is reached: raise it, go on with a cheaper model, or stop?"""
    INPUT = "input"
    """A form to fill in."""
    INCIDENT = "incident"
    """Something happened that the product must not decide: retry, skip with an output, or fail?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonQuestion:
    """`subject` is what is looked at: the output, {tool, arguments}, the plan. `schema` is the JSON Schema of what may be
    edited or filled in. `choices` are an author's own buttons: {port: label}."""

    kind: Kind
    title: str
    subject: Json = None
    schema: JsonObject | None = None
    queue: str = "default"
    instructions: str = ""
    choices: JsonObject = field(default_factory=dict)
    context: Json = None
    """What led to it, in the asker's words: what the agent wrote before the call, say."""
    due: float | None = None
    """Seconds that people have; None: as long as they like."""
    on_expiry: str = ""
    """What happens where nobody decides in time: approve, reject, or a port. Empty: the asker is told `expired`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What people decided. `verdict` is one of reviews.md's words for the kind, or a choice's port; `value` the edited
    output, arguments or the filled form (None: as it was); `comment` goes back to the model where the kind allows it."""

    verdict: str
    value: Json = None
    comment: str = ""
    by: str = ""


def question_to_json(question: PersonQuestion) -> dict[str, Json]:
    """As it is stored in the question's row: with json.dumps, the body of messages.Ask and Incident."""
    return {
        "kind": question.kind.value,
        "title": question.title,
        "subject": question.subject,
        "schema": question.schema,
        "queue": question.queue,
        "instructions": question.instructions,
        "choices": dict(question.choices),
        "context": question.context,
        "due": question.due,
        "on_expiry": question.on_expiry,
    }


def question_from_json(source: JsonObject) -> PersonQuestion:
    """Raises KeyError or ValueError where it is none."""
    question = PersonQuestion(
        kind=Kind(source["kind"]),
        title=source["title"],
        subject=source.get("subject"),
        schema=source.get("schema"),
        queue=source.get("queue") or "default",
        instructions=source.get("instructions") or "",
        choices=source.get("choices") or {},
        context=source.get("context"),
        due=source.get("due"),
        on_expiry=source.get("on_expiry") or "",
    )
    words = (question.title, question.queue, question.instructions, question.on_expiry)
    if not all(isinstance(one, str) for one in words) or not isinstance(question.choices, Mapping):
        raise ValueError(source)
    if not isinstance(question.schema, Mapping | None):
        raise ValueError(source)
    return question
