"""Every request in the order of arrival, and counts. The body is kept as it came and parsed when somebody asks."""

import hashlib
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SECRET = {"authorization", "x-api-key", "cookie"}


@dataclass(slots=True)
class Call:
    sequence: int
    protocol: str
    path: str
    headers: Mapping[str, str]
    started_at: float
    raw: bytes = b""
    model: str | None = None
    answered: dict = field(default_factory=dict)
    ended_at: float | None = None

    def as_json(self) -> dict:
        """The digest is that of the body with its keys in order, so it does not depend on how a client writes JSON."""
        try:
            body = json.loads(self.raw)
            canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        except ValueError:
            body, canonical = None, self.raw
        return {
            "sequence": self.sequence,
            "protocol": self.protocol,
            "path": self.path,
            "model": self.model,
            "digest": hashlib.sha256(canonical).hexdigest(),
            "body": body,
            "headers": {
                name.lower(): "***" if name.lower() in SECRET else value for name, value in self.headers.items()
            },
            "answered": self.answered,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
        }


class CallLog:
    def __init__(self, limit: int) -> None:
        self.calls: deque[Call] = deque(maxlen=limit)
        self.clear()

    def clear(self) -> None:
        self.calls.clear()
        self.sequence = 0
        self.statistics: dict[str, Any] = {
            "calls": 0, "in_flight": 0, "max_in_flight": 0, "by_status": {}, "by_path": {}, "first": None, "last": None
        }  # fmt: skip

    def forget(self, script: str) -> None:
        kept = [call for call in self.calls if call.answered.get("script") != script]
        self.calls.clear()
        self.calls.extend(kept)

    def start(self, protocol: str, path: str, headers: Mapping[str, str]) -> Call:
        numbers: dict[str, Any] = self.statistics
        call = Call(self.sequence, protocol, path, headers, time.time())
        self.calls.append(call)
        self.sequence += 1
        numbers["calls"] += 1
        numbers["in_flight"] += 1
        numbers["max_in_flight"] = max(numbers["max_in_flight"], numbers["in_flight"])
        numbers["by_path"][protocol] = numbers["by_path"].get(protocol, 0) + 1
        numbers["first"] = numbers["first"] or call.started_at
        return call

    def end(self, call: Call, outcome: str) -> None:
        """A call that was in flight when the log was cleared no longer counts."""
        numbers: dict[str, Any] = self.statistics
        call.ended_at = numbers["last"] = time.time()
        numbers["in_flight"] = max(0, numbers["in_flight"] - 1)
        numbers["by_status"][outcome] = numbers["by_status"].get(outcome, 0) + 1

    def as_json(self, *, since: int = 0, script: str | None = None, model: str | None = None) -> dict:
        chosen = [
            call.as_json()
            for call in self.calls
            if call.sequence >= since
            and (script is None or call.answered.get("script") == script)
            and (model is None or call.model == model)
        ]
        return {"calls": chosen, "total": self.sequence, "oldest": self.calls[0].sequence if self.calls else None}
