"""The words and icons for statuses: one table for pages, the API and the command line. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What people read, and the icon beside it."""

    text: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """What a waiting step waits for, where that has a name or a time (seconds since the epoch)."""

    event: str = ""
    due_at: float | None = None
    kind: str = ""
    """Of an event of the product itself, what is missing: slot, tokens, breaker."""


_STATUS: Mapping[str, Word] = {
    "pending": Word(text="Not yet", icon="circle-dashed"),
    "ready": Word(text="Queued", icon="circle-dashed"),
    "queued": Word(text="Queued", icon="circle-dashed"),
    "running": Word(text="Running", icon="loader-circle"),
    "waiting": Word(text="Waiting", icon="hourglass"),
    "paused": Word(text="Paused", icon="circle-pause"),
    "failing": Word(text="Failing", icon="circle-x"),
    "failed": Word(text="Failed", icon="circle-x"),
    "succeeded": Word(text="Succeeded", icon="circle-check"),
    "skipped": Word(text="Skipped", icon="circle-slash"),
    "cancelled": Word(text="Cancelled", icon="ban"),
}
_REASON: Mapping[str, Word] = {
    "output": Word(text="Needs review", icon="user-check"),
    "tool_call": Word(text="Needs review", icon="user-check"),
    "plan": Word(text="Needs review", icon="user-check"),
    "input": Word(text="Needs input", icon="user-pen"),
    "budget": Word(text="Needs budget", icon="wallet"),
    "incident": Word(text="Needs a decision", icon="shield-alert"),
    "retry": Word(text="Retrying", icon="rotate-cw"),
    "timer": Word(text="Waiting for a time", icon="hourglass"),
    "event": Word(text="Waiting for an event", icon="hourglass"),
    "limit": Word(text="Waiting for a free slot", icon="hourglass"),
    "scope": Word(text="Running", icon="loader-circle"),
}
_HOW: Mapping[str, str] = {"cached": "Succeeded, from cache", "automatic": "Succeeded, approved automatically"}
_MISSING: Mapping[str, str] = {
    "tokens": "Waiting for the minute's tokens",
    "breaker": "Waiting for the model's connection to work again",
}
_TIMEOUTS = frozenset({"call_timeout"})


def run_word(status: str) -> Word:
    """The word of a run."""
    return _STATUS[status]


def step_word(*, status: str, reason: str = "", error: str = "", waited: Waited | None = None, now: float = 0) -> Word:
    """The word of a step; `error` is its error's code, `now` seconds since the epoch."""
    if status == "waiting" and reason in _REASON:
        return _waiting(_REASON[reason], reason, waited or Waited(), now)
    if status == "failed" and error in _TIMEOUTS:
        return Word(text="Timed out", icon="circle-x")
    if status == "succeeded" and reason in _HOW:
        return Word(text=_HOW[reason], icon="circle-check")
    return _STATUS[status]


def _waiting(word: Word, reason: str, waited: Waited, now: float) -> Word:
    if reason == "retry" and waited.due_at is not None:
        return Word(text=f"Retrying in {max(0, ceil(waited.due_at - now))} s", icon=word.icon)
    if reason == "timer" and waited.due_at is not None:
        return Word(text=f"Until {_clock(waited.due_at, now)}", icon=word.icon)
    if reason == "limit" and waited.kind in _MISSING:
        until = f", until {_clock(waited.due_at, now)}" if waited.due_at is not None else ""
        return Word(text=_MISSING[waited.kind] + until, icon=word.icon)
    if reason == "event" and waited.event:
        return Word(text=f"Waiting for {waited.event}", icon=word.icon)
    return word


def _clock(at: float, now: float) -> str:
    """In UTC; the page shows local time. With the day where it is another one."""
    due = datetime.fromtimestamp(at, UTC)
    is_today = due.date() == datetime.fromtimestamp(now, UTC).date()
    return f"{due:%H:%M} UTC" if is_today else f"{due:%Y-%m-%d %H:%M} UTC"
