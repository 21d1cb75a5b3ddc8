"""Asks people and waits: to approve (or edit) something, to choose between buttons of yours, or to fill in a form.

What they decide is the port that is taken."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestrator.contract.context import Context
from orchestrator.contract.errors import NodeError
from orchestrator.contract.node import NodeType, Result
from orchestrator.contract.questions import Decision, Kind, PersonQuestion
from orchestrator.engine.gates import APPROVE, LONGEST_DUE, REJECT
from orchestrator.engine.templating import as_text
from orchestrator.engine.values import JsonObject, PortName
from orchestrator.nodes import _fields

VERDICTS = {"output": ("approved", "edited", "rejected"), "form": ("answered", "declined")}
EXPIRED = "expired"


class UnknownVerdict(NodeError):
    """The decision is none of this checkpoint's. Decide the review anew."""

    code = "unknown_verdict"


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["output", "choose", "form"] = Field(
        "output",
        title="Kind",
        description="output: approve, edit or reject; choose: one of your buttons; form: fill something in.",
    )
    title: str = Field(
        title="Title", description="What is asked, in one line. May hold {{ }}.", min_length=1, max_length=500
    )
    instructions: str = Field(
        "", title="Instructions", description="What to look at, and by which rule. May hold {{ }}."
    )
    subject: Any = Field(
        None,
        title="Subject",
        description="What is shown: a template for a text or an object, such as {{ reply.text }}.",
    )
    output_schema: _fields.Schema | None = Field(
        None, title="Schema", description="For kind output: JSON Schema that an edited version must fit."
    )
    form: _fields.FormSchema | None = Field(
        None, title="Form", description="For kind form: JSON Schema (type object) of what is filled in."
    )
    choices: dict[_fields.PortName, str] = Field(
        title="Choices",
        description='For kind choose: the buttons, by port, such as {"refund": "Pay back", "keep": "Decline"}.',
        default_factory=dict,
        max_length=10,
    )
    queue: _fields.Queue = "default"
    due: float | None = Field(
        None, title="Due", description="Seconds that people have; empty: as long as they like.", gt=0, le=LONGEST_DUE
    )
    on_expiry: str = Field(
        EXPIRED,
        title="On expiry",
        description="What happens where nobody decides in time: the port expired, another port, approve, or reject.",
    )

    @model_validator(mode="after")
    def _expires_somehow(self) -> "Config":
        if self.due is None and self.on_expiry != EXPIRED:
            raise ValueError("`on_expiry` never happens without `due`: say how many seconds people have, or remove it")
        if self.on_expiry not in _policies(self):
            raise ValueError(f"`on_expiry` is one of {', '.join(_policies(self))} here")
        return self

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Config":
        wanted = {"choose": bool(self.choices), "form": self.form is not None}.get(self.kind, True)
        if not wanted:
            raise ValueError(f"kind {self.kind} needs `{'choices' if self.kind == 'choose' else 'form'}`")
        extra = {
            "choices": bool(self.choices) and self.kind != "choose",
            "form": self.form is not None and self.kind != "form",
            "output_schema": self.output_schema is not None and self.kind != "output",
        }
        for name in (name for name, is_extra in extra.items() if is_extra):
            raise ValueError(f"`{name}` does not belong to kind {self.kind}; remove it or change the kind")
        return self


def run(context: Context, config: Config) -> Result:
    subject = context.fill(config.subject)
    question = PersonQuestion(
        kind=Kind.INPUT if config.kind == "form" else Kind.OUTPUT,
        title=as_text(context.fill(config.title)),
        instructions=as_text(context.fill(config.instructions)),
        subject=subject,
        schema=config.form or config.output_schema,
        choices=config.choices,
        queue=config.queue,
        due=config.due,
        on_expiry=config.on_expiry if config.due is not None else "",
    )
    decision = context.ask("ask", question)
    if decision.verdict not in (*_verdicts(config), EXPIRED):
        raise UnknownVerdict(f"{decision.verdict!r} is none of {', '.join(_verdicts(config))}. Decide the review anew.")
    verdict = _policies(config)[config.on_expiry] if decision.verdict == EXPIRED else decision.verdict
    value = subject if decision.value is None and config.kind != "form" else decision.value
    return Result(
        output={"verdict": verdict, "value": value, "comment": decision.comment, "by": decision.by},
        ports=frozenset({PortName(verdict)}),
        reason=_reason(decision, verdict),
    )


def _reason(decision: Decision, verdict: str) -> str:
    if decision.verdict == EXPIRED:
        return verdict if verdict == EXPIRED else f"{verdict} automatically: nobody decided in time"
    return f"{verdict} by {decision.by}" if decision.by else verdict


def _verdicts(config: Config) -> tuple[str, ...]:
    return tuple(config.choices) if config.kind == "choose" else VERDICTS[config.kind]


def _policies(config: Config) -> Mapping[str, str]:
    """What may happen where nobody decides in time, and the port that it takes. A form that nobody filled in cannot be
    approved."""
    if config.kind == "choose":
        return {EXPIRED: EXPIRED, **{port: port for port in config.choices}}
    if config.kind == "form":
        return {EXPIRED: EXPIRED, REJECT: "declined"}
    return {EXPIRED: EXPIRED, APPROVE: "approved", REJECT: "rejected"}


def ports(config: Config) -> tuple[PortName, ...]:
    expires = config.due is not None and config.on_expiry == EXPIRED
    return tuple(map(PortName, (*_verdicts(config), EXPIRED) if expires else _verdicts(config)))


def output_schema(config: Config) -> JsonObject:
    texts = {name: {"type": "string"} for name in ("verdict", "comment", "by")}
    properties = {**texts, "value": config.form or config.output_schema or {}}
    return {"type": "object", "required": ["verdict", "value", "comment", "by"], "properties": properties}


NODE = NodeType(
    name="checkpoint",
    title="Checkpoint",
    icon="user-check",
    group="people",
    description=__doc__,
    config=Config,
    run=run,
    example={"kind": "output", "title": "May this reply be sent?", "subject": "{{ reply.text }}"},
    ports=ports,
    output_schema=output_schema,
)
