"""How the tests of the demo model ask it."""

from typing import Any

from orchestrator.contract.messages import Message, ModelAnswer, ModelRequest, Role, ToolResult, user
from orchestrator.providers.demo import respond


def ask(text: str, *, system: str = "", **more: Any) -> ModelAnswer:
    request = ModelRequest(model="demo", system=system, messages=(user(text),), **more)
    return respond(request, len(text.encode(errors="replace")))


def carry_on(request: ModelRequest, answer: ModelAnswer, *results: str, is_error: bool = False) -> ModelRequest:
    """The request with the calls of the answer and their results."""
    given = tuple(
        ToolResult(id=use.id, name=use.name, content=text, is_error=is_error)
        for use, text in zip(answer.tool_uses(), results, strict=True)
    )
    said = (Message(role=Role.ASSISTANT, parts=answer.parts), Message(role=Role.USER, parts=given))
    return ModelRequest(model="demo", system=request.system, messages=(*request.messages, *said), tools=request.tools)
