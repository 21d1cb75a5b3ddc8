"""Waits: for some seconds, until a time, or for an event from outside, at most so long. Nothing is held meanwhile."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from orchestrator.contract.context import Context
from orchestrator.contract.errors import NodeError
from orchestrator.contract.node import NodeType, Result
from orchestrator.engine.templating import as_text
from orchestrator.engine.values import OUT, JsonObject, PortName

EXPIRED = PortName("expired")
LONGEST = 366 * 24 * 3600.0


class WrongTime(NodeError):
    """This is no time. Write one such as 2026-11-05T09:00:00+01:00, with its offset or Z."""

    code = "wrong_time"


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seconds: float | None = Field(None, title="Seconds", description="How long to wait.", gt=0, le=LONGEST)
    until: str | None = Field(
        None, title="Until", description="A time such as 2026-11-05T09:00:00+01:00, or a template that gives one."
    )
    event: str | None = Field(
        None, title="Event", description="The name of an event, such as payment_received.", min_length=1, max_length=100
    )
    correlation: str = Field(
        "",
        title="Correlation key",
        description="What tells this event from others of its name, such as {{ inputs.order }}.",
    )
    timeout: float | None = Field(
        None,
        title="At most",
        description="Seconds to wait for the event; then the port expired is taken.",
        gt=0,
        le=LONGEST,
    )

    @field_validator("until")
    @classmethod
    def _is_time(cls, until: str | None) -> str | None:
        if until is not None and "{{" not in until:
            try:
                _time(until)
            except WrongTime as error:
                raise ValueError(str(error)) from None
        return until

    @model_validator(mode="after")
    def _one_way(self) -> "Config":
        if sum(way is not None for way in (self.seconds, self.until, self.event)) != 1:
            raise ValueError("give one of seconds, until and event")
        if self.event is None and (self.timeout is not None or self.correlation):
            raise ValueError("`timeout` and `correlation` belong to an event")
        return self


def run(context: Context, config: Config) -> Result:
    if config.event is not None:
        return _for_event(context, config, config.event)
    if config.seconds is not None:
        due = context.now + timedelta(seconds=config.seconds)
    else:
        due = _time(as_text(context.fill(config.until)))
    context.sleep_until("due", due)
    return Result(output={"until": due.isoformat()})


def _for_event(context: Context, config: Config, name: str) -> Result:
    correlation = as_text(context.fill(config.correlation))
    payload = context.wait_for_event("event", name=name, correlation=correlation, timeout=config.timeout)
    if payload is None:
        return Result(output={"event": None}, ports=frozenset({EXPIRED}), reason=f"{name} did not come in time")
    return Result(output={"event": payload})


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise WrongTime(f"{text[:100]!r} is no time. Write one such as 2026-11-05T09:00:00+01:00.") from None
    if found.tzinfo is None:
        raise WrongTime(f"{text[:100]!r} says no time zone. Add its offset, such as +01:00, or Z.")
    return found.astimezone(UTC)


def ports(_config: Config) -> tuple[PortName, ...]:
    return (OUT, EXPIRED)


def output_schema(config: Config) -> JsonObject:
    name = "until" if config.event is None else "event"
    return {"type": "object", "required": [name], "properties": {name: {"type": "string"} if name == "until" else {}}}


NODE = NodeType(
    name="wait",
    title="Wait",
    icon="hourglass",
    group="flow",
    description=__doc__,
    config=Config,
    run=run,
    example={"event": "payment_received", "correlation": "{{ inputs.order }}", "timeout": 86400},
    ports=ports,
    output_schema=output_schema,
    quick=True,
)
