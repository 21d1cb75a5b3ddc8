"""What stands on the card of each node of a run: its word, its figures and the beginning of what it gave. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.engine.graph import END, START
from orchestrator.engine.state import PEOPLE
from orchestrator.engine.values import Json, JsonObject
from orchestrator.queries.run_nodes import NodeState, Spent
from orchestrator.queries.words import Word, step_word
from ui import formats
from ui.status import tone

PREVIEW = 160
OPEN = ("ready", "running", "waiting")
DONE = ("succeeded", "failed", "skipped", "cancelled")
MICRO = 1_000_000
_CUT = re.compile(r'^\{"(?:text|result)": ?"?|\\[nt"]|[{}\[\]"]')
"""What would only disturb whoever reads the beginning of a JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`seconds` is set while it works: for how long, so that the page counts on in `figures[0]`."""

    key: str
    status: str
    word: Word
    figures: tuple[str, ...] = ()
    preview: str = ""
    seconds: float | None = None

    def as_json(self) -> dict[str, Json]:
        """What the page is told of a change."""
        return {
            "status": self.status,
            "word": self.word.text,
            "icon": self.word.icon,
            "tone": tone(self.word.icon),
            "figures": list(self.figures),
            "preview": self.preview,
            "seconds": self.seconds,
        }


def cards(nodes: Mapping[str, NodeState], *, now: float) -> dict[str, Card]:
    """By the node's key."""
    return {key: _card(state, nodes, now) for key, state in nodes.items()}


def _card(state: NodeState, nodes: Mapping[str, NodeState], now: float) -> Card:
    if state.brief is None:
        return _of_many(state, nodes)
    brief = state.brief
    error = _object(brief.error)
    word = step_word(
        status=brief.status, reason=brief.reason, error=str(error.get("code", "")), waited=brief.waited, now=now
    )
    works = brief.status == "running" or brief.reason == "scope"
    seconds = max(0.0, now - state.started_at) if works and state.started_at is not None else None
    items = (f"{state.items.done + state.items.failed} of {state.items.size}",) if state.items else ()
    return Card(
        key=state.node,
        status=brief.status,
        word=word,
        figures=() if state.node in (START, END) else (*_time(state, seconds), *items, *_used(state.spent)),
        preview=_message(brief.error) if brief.status == "failed" else preview(brief.output),
        seconds=seconds,
    )


def _of_many(state: NodeState, nodes: Mapping[str, NodeState]) -> Card:
    """A node inside a container: all its items in one word."""
    total, done = sum(state.counts.values()), _count(state, *DONE)
    around = nodes.get(state.node.partition("/")[0])
    size = max(total, around.items.size if around and around.items and state.node.count("/") == 1 else 0)
    status, word = _together(state, done, size)
    return Card(key=state.node, status=status, word=word, figures=_used(state.spent))


def _together(state: NodeState, done: int, size: int) -> tuple[str, Word]:
    asks = next((reason for (status, reason) in state.counts if status == "waiting" and reason in PEOPLE), "")
    if asks:
        return "waiting", step_word(status="waiting", reason=asks)
    if done < size and _count(state, *OPEN):
        return "running", Word(text=f"{done} of {size}", icon="loader-circle")
    failed = _count(state, "failed")
    if failed:
        return "failed", Word(text=f"{failed} of {size} failed", icon="circle-x")
    for status in ("succeeded", "cancelled", "skipped"):
        if _count(state, status):
            word = step_word(status=status)
            return status, Word(text=f"{word.text}, {_count(state, status)} of {size}", icon=word.icon)
    return "ready", step_word(status="ready")


def _count(state: NodeState, *statuses: str) -> int:
    return sum(count for (status, _), count in state.counts.items() if status in statuses)


def _time(state: NodeState, seconds: float | None) -> tuple[str, ...]:
    if seconds is not None:
        return (formats.duration(seconds),)
    if state.started_at is None or state.finished_at is None:
        return ()
    return (formats.duration(state.finished_at - state.started_at),)


def _used(spent: Spent) -> tuple[str, ...]:
    found = (f"{formats.tokens(spent.tokens)} tok",) if spent.tokens else ()
    return (*found, formats.money(spent.cost / MICRO)) if spent.cost else found


def preview(output: str) -> str:
    """The beginning of an output as text. `output` is JSON, and may be cut in the middle."""
    if not output or output.startswith(("@", "#")):
        return ""
    value = _decoded(output)
    text = _said(value) if value is not None else _CUT.sub(" ", output)
    return " ".join(text.split())[:PREVIEW]


def _said(value: Json) -> str:
    """Of an object that has a text, that text; of a router its way; of rows how many there are, and the first."""
    match value:
        case str() as text:
            return text
        case {"text": str() as text}:
            return text
        case {"routes": [*routes], "reason": str() as reason}:
            return f"{', '.join(map(str, routes))}: {reason}"
        case {"result": inner, **rest} if not rest:
            return _said(inner)
        case {"rows": [*rows]} | [*rows] if rows and isinstance(rows[0], Mapping):
            first = ", ".join(str(part) for part in rows[0].values() if isinstance(part, str | int | float))
            return f"1 row: {first}" if len(rows) == 1 else f"{len(rows)} rows, the first: {first}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _message(error: str) -> str:
    found = _object(error)
    return " ".join(str(found.get("message") or error).split())[:PREVIEW]


def _object(text: str) -> JsonObject:
    found = _decoded(text)
    return found if isinstance(found, Mapping) else {}


def _decoded(text: str) -> Json:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None  # it was cut in the middle
