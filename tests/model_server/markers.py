"""A marker in the text of a prompt changes one answer, where a script would be too much:

  [[fake latency=1.0 rate=50 tokens=20 text=hello json={"a":1} usage=10/20 tool=get_weather args={"city":"Paris"}
         fail=429 fail=429:0.5 fail_first=2 key=k1 reset truncate=3 fault={"kind":"drip"}]]

The last marker of a request counts. A tool is called once: when the conversation ends with a tool result, text follows.
`fail=CODE:P` fails with probability P; `fail_first=N key=K` lets the first N calls with that key fail.
"""

import json
import re
from typing import Any

from tests.model_server.conversation import Conversation

MARKER = re.compile(r"\[\[fake\s+(.*?)\]\](?!\])", re.S)
WORD = re.compile(r"[a-z_]+")


def read_marker(text: str) -> dict:
    found = MARKER.findall(text) if "[[fake" in text else []
    values: dict[str, Any] = {}
    place, body = 0, found[-1] if found else ""
    while place < len(body):
        word = WORD.match(body, place)
        if word:
            values[word.group()], place = _value(body, word.end())
        else:
            place += 1
    return values


def _value(body: str, place: int) -> tuple[Any, int]:
    """What follows a word, and where it ends."""
    if body[place : place + 1] != "=":
        return True, place
    if body[place + 1 : place + 2] in ("{", "["):
        return json.JSONDecoder().raw_decode(body, place + 1)
    value = body[place + 1 :].split(None, 1)[0] if body[place + 1 : place + 2].strip() else ""
    return value, place + 1 + len(value)


def turn_of(marker: dict, conversation: Conversation) -> dict:
    """The marker as a turn of a script."""
    turn: dict[str, Any] = {key: float(marker[key]) for key in ("latency", "rate", "jitter") if key in marker}
    turn |= {key: marker[key] for key in ("text", "json", "tokens", "fault") if key in marker}
    if "tool" in marker and not conversation.latest_results:
        turn["tool_calls"] = [{"name": marker["tool"], "arguments": marker.get("args", {})}]
    if "usage" in marker:
        first, _, second = marker["usage"].partition("/")
        turn["usage"] = {"input": int(first), "output": int(second)}
    if fault := _fault(marker):
        turn["fault"] = fault
    return turn


def _fault(marker: dict) -> dict[str, Any] | None:
    if "reset" in marker:
        return {"kind": "reset"}
    if "truncate" in marker:
        return {"kind": "truncate", "after": int(marker["truncate"])}
    if "fail" not in marker and "fail_first" not in marker:
        return None
    fault = failure(marker.get("fail") or "500")
    if "fail_first" in marker:
        fault |= {"times": int(marker["fail_first"]), "key": marker.get("key", "")}
    return fault


def failure(text: str) -> dict[str, Any]:
    """ "529:0.1" is status 529 for a tenth of the calls."""
    status, _, rate = text.partition(":")
    return {"kind": "status", "status": int(status), "rate": float(rate or 1)}
