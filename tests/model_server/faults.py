"""Faults: what goes wrong with an answer, always, for the first attempts, or by a rate with a seed.

Every fault has `kind`, and may have `times` (only the first N attempts of one conversation) and `rate` (0 to 1).

  status                   status, retry_after (seconds), retry_after_date (an HTTP date so many seconds ahead),
                           message, code, headers
  hang                     no answer for `seconds` (an hour), then the connection closes
  drip                     one byte each `interval` seconds (0.5)
  reset                    the TCP connection is reset, at once or `after` N pieces of a stream
  truncate                 it closes `after` N pieces (or in the middle of a body); with `clean` the HTTP message ends properly
                           and only the protocol's own end marker is missing
  stream_error             an error event `after` N pieces, status 200; without a stream, that `status`
  invalid_json             the body, or the data of one event, is not JSON
  invalid_utf8             bytes that are not UTF-8 within the text
  lone_surrogate           half of a surrogate pair, as a valid JSON escape
  huge                     a text of `megabytes` (10)
  arguments_invalid_json   tool arguments that are not JSON
  arguments_off_schema     tool arguments that are JSON and do not fit the tool's schema
  unknown_tool             a call of a tool that was not offered
  lie                      `about` usage (counts that cannot be true), ids (all the same) or shape (a JSON object of another kind)

Public pages: RFC 9110 section "Retry-After"; "Error codes" (OpenAI); "Errors" and "Rate limits" (Anthropic).
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate

from tests.model_server.answers import Answer, ToolCall, smallest
from tests.model_server.conversation import Conversation
from tests.model_server.draws import Draws

PARAMETERS = {
    "status": {"status", "retry_after", "retry_after_date", "message", "code", "headers", "key"},
    "hang": {"seconds"},
    "drip": {"interval"},
    "reset": {"after"},
    "truncate": {"after", "clean"},
    "stream_error": {"after", "status", "message"},
    "invalid_json": set(),
    "invalid_utf8": set(),
    "lone_surrogate": set(),
    "huge": {"megabytes"},
    "arguments_invalid_json": set(),
    "arguments_off_schema": set(),
    "unknown_tool": set(),
    "lie": {"about"},
}
LIES = ("usage", "ids", "shape")
UNTRUE: dict[str, object] = {
    "prompt_tokens": -7,
    "completion_tokens": "many",
    "input_tokens": -7,
    "output_tokens": "many",
}
OTHER_SHAPE = b'{"object": "weather", "data": [{"sky": null}], "choices": 3, "content": "none", "type": "unheard_of"}'
BAD_BYTES_HERE = "~bad-bytes~"
BAD_BYTES = b"\xff\xfe\xc3\x28"


@dataclass(slots=True)
class Delivery:
    """What goes onto the wire: chunks of (is this a piece of the answer, bytes), and how it ends."""

    chunks: list[tuple[bool, bytes]]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    streamed: bool = False
    ending: str = "end"  # end, close or reset
    drip: float = 0.0

    def size(self) -> int:
        return sum(len(data) for _, data in self.chunks)


def checked_fault(fault: object) -> dict:
    if not isinstance(fault, dict) or fault.get("kind") not in PARAMETERS:
        raise ValueError(f"a fault needs a kind of {sorted(PARAMETERS)}")
    allowed = PARAMETERS[fault["kind"]] | {"kind", "times", "rate"}
    if unknown := fault.keys() - allowed:
        raise ValueError(f"fault {fault['kind']} does not know {sorted(unknown)}; it knows {sorted(allowed)}")
    if fault["kind"] == "status" and not 400 <= int(fault.get("status", 0)) <= 599:
        raise ValueError("fault status needs a status from 400 to 599")
    if fault["kind"] == "lie" and fault.get("about") not in LIES:
        raise ValueError(f"fault lie needs about: one of {LIES}")
    return fault


def choose(faults: list[dict], attempt: int, draws: Draws, count: Callable[[str], int]) -> dict | None:
    """The first that applies. A fault with `key` counts its own attempts under that key."""
    for number, fault in enumerate(faults):
        tried = count(fault["key"]) if "key" in fault else attempt
        if tried < fault.get("times", float("inf")) and draws.number(f"fault{number}") < fault.get("rate", 1):
            return fault
    return None


def status_headers(fault: dict) -> dict[str, str]:
    headers = dict(fault.get("headers") or {})
    if "retry_after" in fault:
        headers["retry-after"] = str(fault["retry_after"])
    elif "retry_after_date" in fault:
        headers["retry-after"] = formatdate(time.time() + fault["retry_after_date"], usegmt=True)
    elif fault["status"] in (429, 503, 529):
        headers["retry-after"] = "0"
    return headers


def spoil_answer(fault: dict, answer: Answer, conversation: Conversation) -> None:
    """The faults that a well-formed message carries."""
    kind = fault["kind"]
    if kind == "huge":
        answer.text = "0123456 " * (int(fault.get("megabytes", 10) * 1_000_000) // 8)
        answer.tool_calls, answer.refusal = [], None
    elif kind == "lone_surrogate":
        answer.text = f"{answer.text or ''} broken \ud83d here"
    elif kind == "invalid_utf8":
        answer.text = f"{answer.text or ''} {BAD_BYTES_HERE}"
    elif kind == "lie" and fault["about"] == "usage":
        answer.usage_raw = UNTRUE
    elif kind in ("arguments_invalid_json", "arguments_off_schema", "unknown_tool"):
        _spoil_calls(kind, answer, conversation)


def _spoil_calls(kind: str, answer: Answer, conversation: Conversation) -> None:
    """The calls of the turn, or one of the first tool that is offered."""
    if not answer.tool_calls:
        name, schema = next(iter(conversation.tools.items()), ("get_weather", {}))
        answer.tool_calls, answer.text, answer.refusal = (
            [ToolCall(name, json.dumps(smallest(schema or {"type": "object"})))],
            None,
            None,
        )
    for call in answer.tool_calls:
        if kind == "unknown_tool":
            call.name = f"no_such_{call.name}"[:64]
        elif kind == "arguments_invalid_json":
            call.arguments = '{"unfinished": [1, 2'
        else:
            call.arguments = json.dumps(_off_schema(conversation.tools.get(call.name) or {}))


def _off_schema(schema: dict) -> dict:
    """The first required property is missing, the others have a wrong type, and one more is there."""
    required = schema.get("required") or []
    wrong = {
        name: 5 if about.get("type") == "string" else "wrong"
        for name, about in (schema.get("properties") or {}).items()
    }
    return {name: value for name, value in wrong.items() if name not in required[:1]} | {"not_in_the_schema": True}


def spoil_delivery(fault: dict, delivery: Delivery, error_event: str) -> None:
    """The faults of the bytes and of the connection."""
    kind, after = fault["kind"], fault.get("after")
    if kind == "drip":
        delivery.drip = float(fault.get("interval", 0.5))
    elif kind == "invalid_utf8":
        delivery.chunks = [(piece, data.replace(BAD_BYTES_HERE.encode(), BAD_BYTES)) for piece, data in delivery.chunks]
    elif kind == "invalid_json":
        _break_json(delivery)
    elif kind in ("truncate", "reset"):
        delivery.ending = "reset" if kind == "reset" else "end" if fault.get("clean") else "close"
        delivery.chunks = (
            [] if kind == "reset" and after is None else _beginning(delivery, 2 if after is None else after)
        )
    elif kind == "lie" and fault["about"] == "shape":
        delivery.chunks = [(False, b"data: " + OTHER_SHAPE + b"\n\n" if delivery.streamed else OTHER_SHAPE)]
    elif kind == "stream_error" and delivery.streamed:
        delivery.chunks = [*_beginning(delivery, 2 if after is None else after), (False, error_event.encode())]


def spoil_ids(part: object) -> None:
    """Every id in the answer becomes the same one."""
    if isinstance(part, dict):
        part |= dict.fromkeys(part.keys() & {"id", "call_id"}, "id_same")
        part = list(part.values())
    for each in part if isinstance(part, list) else []:
        spoil_ids(each)


def _break_json(delivery: Delivery) -> None:
    if delivery.streamed:
        place = next((number for number, (is_piece, _) in enumerate(delivery.chunks) if is_piece), 0)
        head, _, _ = delivery.chunks[place][1].partition(b"data: ")
        delivery.chunks[place] = (True, head + b'data: {"unfinished": [1, 2\n\n')
    else:
        delivery.chunks = _beginning(delivery, 1)


def _beginning(delivery: Delivery, pieces: int) -> list[tuple[bool, bytes]]:
    """A stream until so many pieces, and never with its end; of a whole body, the first half."""
    if not delivery.streamed:
        return [(False, data[: len(data) // 2]) for _, data in delivery.chunks]
    kept = []
    for chunk in delivery.chunks[:-1]:
        if chunk[0] and pieces == 0:
            break
        kept.append(chunk)
        pieces -= chunk[0]
        if chunk[0] and pieces == 0:
            break
    return kept
