"""Anthropic Messages. Public pages: API reference "Messages" and "Count Message tokens";
"Streaming messages", "Errors", "Tool use", "Structured outputs", "Extended thinking", "Handling stop reasons"."""

import json
from collections.abc import Iterator

from tests.model_server.answers import Answer, argument_pieces, seal, text_pieces
from tests.model_server.conversation import Conversation, checked_model, require
from tests.model_server.draws import Draws

PATH = "/v1/messages"
EMPTY: dict[str, dict] = {
    "text": {"text": ""},
    "tool_use": {"input": {}},
    "thinking": {"thinking": "", "signature": ""},
}
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def read(body: dict) -> Conversation:
    conversation = Conversation("messages", checked_model(body, "model: Field required"), body)
    require(isinstance(body.get("messages"), list) and body["messages"], "messages: at least one message is required")
    require(isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
    unanswered: set[str] = set()
    for number, message in enumerate(body["messages"]):
        blocks = _blocks(message)
        _check_thinking(blocks)
        answered = {block["tool_use_id"] for block in blocks if block.get("type") == "tool_result"}
        require(
            answered <= unanswered,
            f"messages.{number}: each `tool_result` must have a `tool_use` in the previous message",
        )
        require(
            unanswered <= answered,
            f"messages.{number - 1}: `tool_use` ids without `tool_result` blocks immediately after",
        )
        uses = [block for block in blocks if block.get("type") == "tool_use"]
        if message.get("role") == "assistant" and number + 1 == len(body["messages"]) and not uses:
            break  # the beginning of the answer that is asked for, not an earlier one
        unanswered = _take(conversation, message, blocks, uses)
    require(not unanswered, "`tool_use` ids were found without `tool_result` blocks immediately after")
    _read_options(conversation, body)
    return conversation


def _blocks(message: dict) -> list[dict]:
    content = message.get("content")
    if not isinstance(content, list):
        return []
    blocks = [block for block in content if isinstance(block, dict)]
    require(
        all(block.get("text", "x").strip() for block in blocks if block.get("type") == "text"),
        "text content blocks must be non-empty",
    )
    return blocks


def _check_thinking(blocks: list[dict]) -> None:
    """Page "Extended thinking": blocks are passed back exactly as received."""
    for block in blocks:
        if block.get("type") == "thinking":
            require(block.get("signature") == seal(block["thinking"]), "Invalid `signature` in `thinking` block")


def _take(conversation: Conversation, message: dict, blocks: list[dict], uses: list[dict]) -> set[str]:
    """Adds one message; the ids of tool calls that the next message must answer."""
    if message.get("role") == "assistant":
        conversation.model_answered()
        conversation.calls |= {block["id"]: block["name"] for block in uses}
        return {block["id"] for block in uses}
    conversation.latest.append(message)
    for block in blocks:
        if block.get("type") == "tool_result":
            conversation.add_result(block["tool_use_id"])
    return set()


def _read_options(conversation: Conversation, body: dict) -> None:
    conversation.tools = {
        tool["name"]: tool["input_schema"] for tool in body.get("tools") or [] if "input_schema" in tool
    }
    choice = body.get("tool_choice") or {}
    if choice.get("type") == "tool":
        conversation.forced_tool = choice["name"]
    elif choice.get("type") == "any":
        conversation.forced_tool = next(iter(conversation.tools), None)
    form = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    conversation.schema = form.get("schema") if form.get("type") == "json_schema" else None


def whole(answer: Answer, conversation: Conversation, draws: Draws) -> dict:
    content: list[dict] = []
    details = None
    if answer.refusal is not None:
        details = {"type": "refusal", "category": None, "explanation": answer.refusal}
    if answer.reasoning is not None:
        content.append({"type": "thinking", "thinking": answer.reasoning, "signature": answer.signature()})
    if answer.text is not None:
        content.append({"type": "text", "text": answer.text, "citations": None})
    for number, call in enumerate(answer.tool_calls):
        content.append(
            {
                "type": "tool_use",
                "id": draws.identifier("toolu_", str(number)),
                "name": call.name,
                "input": call.parsed(),
            }
        )
    stop = (
        "refusal"
        if details
        else "max_tokens"
        if answer.cut_by_length
        else "tool_use"
        if answer.tool_calls
        else "end_turn"
    )
    result: dict = {
        "id": draws.identifier("msg_"),
        "type": "message",
        "role": "assistant",
        "model": conversation.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": details,
    }
    usage = _usage(answer)
    return result | {"usage": usage} if usage is not None else result


def _usage(answer: Answer) -> dict | None:
    if answer.usage_raw is not None or answer.usage is None:
        return answer.usage_raw
    return {
        "input_tokens": answer.usage["input"],
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": answer.usage["cached"],
        "output_tokens": answer.usage["output"],
    }


def events(answer: Answer, _conversation: Conversation, full: dict) -> Iterator[tuple[bool, str]]:
    """Pairs (is this a piece of the answer, text of the event): pieces are what the token rate paces and truncation counts."""
    usage = full.get("usage")
    start = full | {"content": [], "stop_reason": None, "stop_details": None}
    if usage is not None:
        start["usage"] = usage | {"output_tokens": 1}
    yield False, _named({"type": "message_start", "message": start})
    yield False, _named({"type": "ping"})
    texts_before_calls = len(full["content"]) - len(answer.tool_calls)
    for index, block in enumerate(full["content"]):
        yield (
            False,
            _named({"type": "content_block_start", "index": index, "content_block": block | EMPTY[block["type"]]}),
        )
        arguments = answer.tool_calls[index - texts_before_calls].arguments if block["type"] == "tool_use" else ""
        deltas = _deltas(block, arguments)
        for delta in deltas:
            yield True, _named({"type": "content_block_delta", "index": index, "delta": delta})
        yield False, _named({"type": "content_block_stop", "index": index})
    end = {"stop_reason": full["stop_reason"], "stop_sequence": None, "stop_details": full["stop_details"]}
    yield False, _named({"type": "message_delta", "delta": end} | ({"usage": usage} if usage is not None else {}))
    yield False, _named({"type": "message_stop"})


def _deltas(block: dict, arguments: str) -> Iterator[dict]:
    if block["type"] == "tool_use":
        for piece in argument_pieces(arguments):
            yield {"type": "input_json_delta", "partial_json": piece}
    elif block["type"] == "thinking":
        for piece in text_pieces(block["thinking"]):
            yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block["signature"]}
    else:
        for piece in text_pieces(block["text"]):
            yield {"type": "text_delta", "text": piece}


def _named(event: dict) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def error(status: int, message: str, code: str | None = None) -> dict:
    kind = code or ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def error_event(status: int, message: str) -> str:
    """The page "Errors" warns of it: after status 200 an error can come as an event."""
    return _named(error(status, message))
