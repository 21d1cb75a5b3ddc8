"""One call of a model: a prompt with values from earlier nodes, answered with text or with data that fits a schema."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.contract.context import Context
from orchestrator.contract.messages import ModelRequest
from orchestrator.contract.node import NodeType, Result
from orchestrator.engine.templating import as_text
from orchestrator.engine.values import JsonObject
from orchestrator.nodes import _conversation
from orchestrator.nodes._fields import Files, MaxTokens, ModelName, Queue, Repairs, Schema, Temperature


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: ModelName = "default"
    system: str = Field("", title="System", description="Who the model is and what always holds. May hold {{ }}.")
    prompt: str = Field(
        title="Prompt", description="What it is asked, with values such as {{ inputs.message }}.", min_length=1
    )
    files: Files = ""
    output_schema: Schema | None = Field(
        None, title="Output schema", description="JSON Schema that the answer must fit. Empty: the answer is text."
    )
    max_tokens: MaxTokens = 4096
    temperature: Temperature = None
    repairs: Repairs = 2
    if_invalid: Literal["fail", "ask"] = Field(
        "fail", title="If it still does not fit", description="Whether the step fails, or a person corrects the answer."
    )
    queue: Queue = "default"


def run(context: Context, config: Config) -> Result:
    request = ModelRequest(
        model=config.model,
        system=as_text(context.fill(config.system)),
        messages=_conversation.opening(
            context, as_text(context.fill(config.prompt)), context.attachments(context.fill(config.files))
        ),
        output_schema=config.output_schema,
        max_tokens=config.max_tokens,
        temperature=config.temperature,
    )
    answer = context.model("answer", request)
    repair = _conversation.Repair(times=config.repairs, asks=config.if_invalid == "ask", queue=config.queue)
    found = _conversation.last(context, "answer", request, answer, repair=repair)
    return Result(output=found.output, reason=found.reason)


def output_schema(config: Config) -> JsonObject:
    return _conversation.output_schema(config.output_schema)


NODE = NodeType(
    name="prompt",
    title="Prompt",
    icon="message-square-text",
    group="models",
    description=__doc__,
    config=Config,
    run=run,
    example={"model": "fast", "prompt": "Summarise in three sentences:\n\n{{ inputs.text }}"},
    output_schema=output_schema,
)
