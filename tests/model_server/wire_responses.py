"""OpenAI Responses. Public pages: API reference "Responses" and "Streaming events";
guides "Conversation state", "Function calling", "Structured model outputs", "Error codes"."""

import json
import time
from collections.abc import Iterator

from tests.model_server.answers import Answer, argument_pieces, seal, text_pieces
from tests.model_server.conversation import Conversation, checked_model, require
from tests.model_server.draws import Draws

PATH = "/v1/responses"
MODEL_ITEMS = {"function_call", "reasoning", "custom_tool_call"}
KNOWN_CALLS = 10_000
HOLLOW: dict[str, dict] = {
    "function_call": {"arguments": ""},
    "message": {"content": []},
    "reasoning": {"encrypted_content": ""},
}
ECHOED = {
    "instructions": None,
    "max_output_tokens": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "store": True,
    "temperature": 1.0,
    "top_p": 1.0,
}
issued: dict[str, str] = {}  # call id -> tool name, for requests that name the response before and do not repeat it


def read(body: dict) -> Conversation:
    """Items of the model that follow one another are one turn. An earlier response's id says how many turns it stands for."""
    conversation = Conversation("responses", checked_model(body, "Missing required parameter: 'model'"), body)
    require(body.get("input"), "Missing required parameter: 'input'")
    if body.get("previous_response_id"):
        conversation.turn = _turns_in(body["previous_response_id"])
        conversation.calls = issued.copy()
    items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
    unanswered: set[str] = set()
    model_speaks = False
    for item in items:
        from_model = item.get("role") == "assistant" or item.get("type") in MODEL_ITEMS
        if from_model and not model_speaks:
            conversation.model_answered()
        model_speaks = from_model
        _take(conversation, item, unanswered)
        if not from_model:
            conversation.latest.append(item)
    require(not unanswered, f"No tool output found for function call {min(unanswered, default='')}")
    _read_options(conversation, body)
    return conversation


def _take(conversation: Conversation, item: dict, unanswered: set[str]) -> None:
    if item.get("type") == "reasoning":
        sealed = seal("".join(part["text"] for part in item["summary"])) == item.get("encrypted_content")
        require(sealed, "The encrypted content could not be verified")
    if item.get("type") == "function_call":
        conversation.calls[item["call_id"]] = item["name"]
        unanswered.add(item["call_id"])
    elif item.get("type") == "function_call_output":
        known = conversation.body.get("previous_response_id") or item["call_id"] in conversation.calls
        require(known, f"No tool call found for function call output {item['call_id']}")
        unanswered.discard(item["call_id"])
        conversation.add_result(item["call_id"])


def _read_options(conversation: Conversation, body: dict) -> None:
    functions = [tool for tool in body.get("tools") or [] if tool.get("type") == "function"]
    conversation.tools = {tool["name"]: tool.get("parameters") or {} for tool in functions}
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        conversation.forced_tool = choice["name"]
    elif choice == "required":
        conversation.forced_tool = next(iter(conversation.tools), None)
    form = (body.get("text") or {}).get("format") or {}
    conversation.schema = form.get("schema") if form.get("type") == "json_schema" else None


def _turns_in(response: str) -> int:
    try:
        return int(response.removeprefix("resp_")[:4], 16)
    except ValueError:
        return 1


def whole(answer: Answer, conversation: Conversation, draws: Draws) -> dict:
    body = conversation.body
    status = "incomplete" if answer.cut_by_length else "completed"
    result = {
        "id": draws.identifier(f"resp_{conversation.turn + 1:04x}"),
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if answer.cut_by_length else None,
        "model": conversation.model,
        "output": _output(answer, draws, status),
        "reasoning": {"effort": None, "summary": None},
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "truncation": "disabled",
        "metadata": body.get("metadata") or {},
    }
    result |= {key: body.get(key, default) for key, default in ECHOED.items()}
    usage = _usage(answer)
    return result | {"usage": usage} if usage is not None else result


def _output(answer: Answer, draws: Draws, status: str) -> list[dict]:
    output: list[dict] = []
    content: list[dict] = []
    if answer.text is not None:
        content.append({"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []})
    if answer.refusal is not None:
        content.append({"type": "refusal", "refusal": answer.refusal})
    if answer.reasoning is not None:
        summary = [{"type": "summary_text", "text": answer.reasoning}]
        reasoning = {"id": draws.identifier("rs_"), "type": "reasoning", "summary": summary}
        output.append(reasoning | {"encrypted_content": answer.signature()})
    if content:
        output.append(
            {
                "id": draws.identifier("msg_"),
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": content,
            }
        )
    for number, call in enumerate(answer.tool_calls):
        called = {"id": draws.identifier("fc_", str(number)), "type": "function_call", "status": status}
        output.append(
            called | {"call_id": draws.identifier("call_", str(number)), "name": call.name, "arguments": call.arguments}
        )
        _remember(output[-1]["call_id"], call.name)
    return output


def _remember(call: str, name: str) -> None:
    issued[call] = name
    if len(issued) > KNOWN_CALLS:
        del issued[next(iter(issued))]


def _usage(answer: Answer) -> dict | None:
    if answer.usage_raw is not None or answer.usage is None:
        return answer.usage_raw
    return {
        "input_tokens": answer.usage["input"],
        "input_tokens_details": {"cached_tokens": answer.usage["cached"], "cache_write_tokens": 0},
        "output_tokens": answer.usage["output"],
        "output_tokens_details": {"reasoning_tokens": answer.usage["reasoning"]},
        "total_tokens": answer.usage["total"],
    }


def events(_answer: Answer, _conversation: Conversation, full: dict) -> Iterator[tuple[bool, str]]:
    """Pairs (is this a piece of the answer, text of the event): pieces are what the token rate paces and truncation counts."""
    begun = full | {"status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    steps: list[tuple[bool, dict]] = [
        (False, {"type": "response.created", "response": begun}),
        (False, {"type": "response.in_progress", "response": begun}),
    ]
    for index, item in enumerate(full["output"]):
        hollow = item | HOLLOW[item["type"]] | {"status": "in_progress"}
        steps.append((False, {"type": "response.output_item.added", "output_index": index, "item": hollow}))
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] != "reasoning":
            steps += _call_steps(item, place) if item["type"] == "function_call" else _message_steps(item, place)
        steps.append((False, {"type": "response.output_item.done", "output_index": index, "item": item}))
    steps.append((False, {"type": f"response.{full['status']}", "response": full}))
    for sequence, (is_piece, event) in enumerate(steps):
        yield is_piece, _named(event | {"sequence_number": sequence})


def _call_steps(item: dict, place: dict) -> Iterator[tuple[bool, dict]]:
    for piece in argument_pieces(item["arguments"]):
        yield True, {"type": "response.function_call_arguments.delta", **place, "delta": piece}
    yield (
        False,
        {
            "type": "response.function_call_arguments.done",
            **place,
            "arguments": item["arguments"],
            "name": item["name"],
        },
    )


def _message_steps(item: dict, place: dict) -> Iterator[tuple[bool, dict]]:
    for number, part in enumerate(item["content"]):
        here = place | {"content_index": number}
        key, event = (
            ("text", "response.output_text") if part["type"] == "output_text" else ("refusal", "response.refusal")
        )
        more: dict = {"logprobs": []} if key == "text" else {}
        yield False, {"type": "response.content_part.added", **here, "part": part | {key: ""}}
        for piece in text_pieces(part[key]):
            yield True, {"type": f"{event}.delta", **here, "delta": piece, **more}
        yield False, {"type": f"{event}.done", **here, key: part[key], **more}
        yield False, {"type": "response.content_part.done", **here, "part": part}


def _named(event: dict) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def error(status: int, message: str, code: str | None = None) -> dict:
    kind = "server_error" if status >= 500 else "requests" if status == 429 else "invalid_request_error"
    return {
        "error": {
            "message": message,
            "type": kind,
            "param": None,
            "code": code or ("rate_limit_exceeded" if status == 429 else None),
        }
    }


def error_event(status: int, message: str) -> str:
    return _named({"type": "error", "code": "server_error", "message": message, "param": None, "sequence_number": 0})
