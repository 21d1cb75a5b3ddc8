"""How a conversation with a model begins, also when people asked for changes; and what becomes of its last answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.contract.codec import message_from_json
from orchestrator.contract.context import Context, Feedback
from orchestrator.contract.messages import Attachment, Message, ModelAnswer, ModelRequest, Role, Stop, Text, user
from orchestrator.contract.questions import Kind, PersonQuestion
from orchestrator.engine.templating import as_text
from orchestrator.engine.values import Json, JsonObject
from orchestrator.structured import ModelRefused, OutputInvalid, settle

TEXT: JsonObject = {"type": "string", "title": "Text"}


def opening(context: Context, first: str, files: tuple[Attachment, ...] = ()) -> tuple[Message, ...]:
    """What is said first, after the files that the model looks at. In a new round: the last conversation, its answer, and what
    the reviewer wants changed."""
    feedback = context.feedback
    if feedback is None:
        return (_first(first, files),)
    history = _history(feedback, first, files)
    if history[-1].role is Role.USER:
        history = (*history, Message(role=Role.ASSISTANT, parts=(Text(text=_last_text(feedback.output) or "-"),)))
    return (*history, user(_wanted(feedback)))


def _first(text: str, files: tuple[Attachment, ...]) -> Message:
    return Message(role=Role.USER, parts=(*files, Text(text=text)))


def _history(feedback: Feedback, first: str, files: tuple[Attachment, ...]) -> tuple[Message, ...]:
    if not isinstance(feedback.transcript, list) or not feedback.transcript:
        return (_first(first, files),)
    return tuple(message_from_json(message) for message in feedback.transcript)


def _last_text(output: Json) -> str:
    return as_text(output["text"] if isinstance(output, Mapping) and "text" in output else output)


def _wanted(feedback: Feedback) -> str:
    marks = f"\n\nMarked places:\n{as_text(feedback.marks)}" if feedback.marks else ""
    return f"A reviewer asks for changes:\n{feedback.comment}{marks}\n\nGive the whole result anew, with these changes made."


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What happens to an answer that does not fit: `times` new calls, then a person where `asks`, else an error."""

    times: int
    asks: bool
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last answer of a conversation: its output, and why it is as it is."""

    output: dict[str, Json]
    reason: str = ""


def last(context: Context, key: str, request: ModelRequest, answer: ModelAnswer, *, repair: Repair) -> Last:
    """The output of an answer that was given under `key`: {"text"}, with `data` where a schema is set."""
    check_refusal(answer)
    if request.output_schema is not None:
        data, reason = _data(context, key, request, answer, repair)
        return Last(output={"text": as_text(data), "data": data}, reason=reason)
    reason = f"cut off at {request.max_tokens} tokens" if answer.stop is Stop.LENGTH else ""
    return Last(output={"text": answer.text()}, reason=reason)


def check_refusal(answer: ModelAnswer) -> None:
    """Raise ModelRefused where the model would not answer."""
    if answer.stop is Stop.REFUSAL:
        raise ModelRefused(f"The model will not answer this: {answer.text()[:300]}")


def _data(context: Context, key: str, request: ModelRequest, answer: ModelAnswer, repair: Repair) -> tuple[Json, str]:
    try:
        return settle(context, key, request, answer, repair.times)[0], ""
    except OutputInvalid as error:
        if not repair.asks:
            raise
        return _by_hand(context, key, request, error, repair.queue), "corrected by a person"


def _by_hand(context: Context, key: str, request: ModelRequest, error: OutputInvalid, queue: str) -> Json:
    question = PersonQuestion(
        kind=Kind.INPUT,
        title="Correct the model's answer",
        instructions=str(error),
        subject=error.data["output"],
        schema=request.output_schema,
        queue=queue,
    )
    decision = context.ask(f"{key}/fix", question)
    if decision.verdict != "answered":
        raise OutputInvalid(f"{error} Nobody corrected it. {decision.comment}".strip(), **error.data)
    return decision.value


def output_schema(schema: JsonObject | None, **more: JsonObject) -> JsonObject:
    """JSON Schema of such an output."""
    properties = {"text": TEXT} | ({"data": schema} if schema is not None else {}) | more
    return {"type": "object", "required": list(properties), "properties": properties}
