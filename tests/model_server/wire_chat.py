"""OpenAI Chat Completions. Public pages: API reference "Chat Completions" and "Streaming" under it;
guides "Function calling", "Structured model outputs", "Error codes"."""

import json
import time
from collections.abc import Iterator

from tests.model_server.answers import Answer, argument_pieces, text_pieces
from tests.model_server.conversation import Conversation, checked_model, require
from tests.model_server.draws import Draws

PATH = "/v1/chat/completions"
UNANSWERED = "an assistant message with 'tool_calls' must be followed by tool messages for each 'tool_call_id'"


def read(body: dict) -> Conversation:
    conversation = Conversation("chat", checked_model(body, "you must provide a model parameter"), body)
    require(
        isinstance(body.get("messages"), list) and body["messages"],
        "'messages' must be a list with at least one message",
    )
    unanswered: set[str] = set()
    for message in body["messages"]:
        if message.get("role") == "tool":
            call = message.get("tool_call_id")
            require(
                call in unanswered,
                "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
            )
            unanswered.discard(call)
            conversation.add_result(call)
        else:
            require(not unanswered, UNANSWERED)
        _take(conversation, message, unanswered)
    require(not unanswered, UNANSWERED)
    _read_options(conversation, body)
    return conversation


def _take(conversation: Conversation, message: dict, unanswered: set[str]) -> None:
    if message.get("role") != "assistant":
        conversation.latest.append(message)
        return
    conversation.model_answered()
    for call in message.get("tool_calls") or []:
        conversation.calls[call["id"]] = (call.get("function") or call["custom"])["name"]
        unanswered.add(call["id"])


def _read_options(conversation: Conversation, body: dict) -> None:
    functions = [tool["function"] for tool in body.get("tools") or [] if tool.get("type") == "function"]
    conversation.tools = {function["name"]: function.get("parameters") or {} for function in functions}
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and "function" in choice:
        conversation.forced_tool = choice["function"]["name"]
    elif choice == "required":
        conversation.forced_tool = next(iter(conversation.tools), None)
    form = body.get("response_format") or {}
    conversation.schema = (form.get("json_schema") or {}).get("schema") if form.get("type") == "json_schema" else None


def whole(answer: Answer, conversation: Conversation, draws: Draws) -> dict:
    message: dict = {"role": "assistant", "content": answer.text, "refusal": answer.refusal, "annotations": []}
    if answer.reasoning is not None:
        message["reasoning_content"] = (
            answer.reasoning
        )  # of DeepSeek and vLLM, "Reasoning outputs"; OpenAI has none here
    if answer.tool_calls:
        message["tool_calls"] = [
            {
                "id": draws.identifier("call_", str(number)),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for number, call in enumerate(answer.tool_calls)
        ]
    finish = "length" if answer.cut_by_length else "tool_calls" if answer.tool_calls else "stop"
    result: dict = {
        "id": draws.identifier("chatcmpl-"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": conversation.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
    }
    usage = _usage(answer)
    return result | {"usage": usage} if usage is not None else result


def _usage(answer: Answer) -> dict | None:
    if answer.usage_raw is not None or answer.usage is None:
        return answer.usage_raw
    return {
        "prompt_tokens": answer.usage["input"],
        "completion_tokens": answer.usage["output"],
        "total_tokens": answer.usage["total"],
        "prompt_tokens_details": {"cached_tokens": answer.usage["cached"], "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": answer.usage["reasoning"], "audio_tokens": 0},
    }


def events(answer: Answer, conversation: Conversation, full: dict) -> Iterator[tuple[bool, str]]:
    """Pairs (is this a piece of the answer, text of the event): pieces are what the token rate paces and truncation counts."""
    base = {key: full[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    choice = full["choices"][0]
    with_usage = (conversation.body.get("stream_options") or {}).get("include_usage")

    def chunk(delta: dict, finish: str | None = None) -> str:
        one = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data(base | {"choices": [one]} | ({"usage": None} if with_usage else {}))

    yield False, chunk({"role": "assistant", "content": "" if answer.text is not None else None, "refusal": None})
    for piece in text_pieces(answer.refusal) if answer.refusal is not None else []:
        yield True, chunk({"refusal": piece})
    for piece in text_pieces(answer.reasoning) if answer.reasoning is not None else []:
        yield True, chunk({"reasoning_content": piece})
    for piece in text_pieces(answer.text) if answer.text is not None else []:
        yield True, chunk({"content": piece})
    for number, call in enumerate(choice["message"].get("tool_calls") or []):
        yield (
            False,
            chunk(
                {
                    "tool_calls": [
                        {"index": number, **call, "function": {"name": call["function"]["name"], "arguments": ""}}
                    ]
                }
            ),
        )
        for piece in argument_pieces(call["function"]["arguments"]):
            yield True, chunk({"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
    yield False, chunk({}, choice["finish_reason"])
    if with_usage and "usage" in full:
        yield False, _data(base | {"choices": [], "usage": full["usage"]})
    yield False, "data: [DONE]\n\n"


def _data(value: dict) -> str:
    return f"data: {json.dumps(value)}\n\n"


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
    """An error after the stream has begun comes as a chunk with `error` in place of choices."""
    return _data(error(status, message))
