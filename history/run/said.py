"""The calls of a step as people read them: what a model was asked and said, which tools it chose and why, what they gave.

Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.engine.values import Json, JsonObject
from orchestrator.queries.run_steps import CallRow
from orchestrator.queries.words import Word

_STATUS: Mapping[str, Word] = {
    "started": Word(text="Under way", icon="loader-circle"),
    "done": Word(text="Answered", icon="circle-check"),
    "failed": Word(text="Failed", icon="circle-x"),
    "lost": Word(text="Lost", icon="circle-slash"),
}
_IN, _CACHED, _OUT = 0, 1, 2
"""Where the journal keeps which tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A tool that a model chose to call."""

    name: str
    arguments: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One message: `who` is system, user or assistant; `results` are what tools gave: (name, text, is error)."""

    who: str
    text: str
    uses: tuple[Use, ...] = ()
    results: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of a model or a tool. Of a model: `asked`, `answer`, `uses`. Of a tool: `arguments`, `result`."""

    key: str
    kind: str
    target: str
    model: str
    word: Word
    attempt: int
    drifted: bool
    started_at: datetime
    seconds: float | None
    tokens_in: int | None
    tokens_cached: int | None
    tokens_out: int | None
    cost: float | None
    error: str
    asked: tuple[Spoken, ...] = ()
    answer: str = ""
    uses: tuple[Use, ...] = ()
    stop: str = ""
    arguments: Json = None
    result: Json = None
    refused: str = ""

    @property
    def is_model(self) -> bool:
        return self.kind == "model"

    @property
    def is_under_way(self) -> bool:
        return self.word is _STATUS["started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of a step with its calls, oldest first."""

    number: int
    calls: tuple[Call, ...]


def rounds(rows: Iterable[CallRow]) -> list[Round]:
    """The newest round first."""
    found: dict[int, list[Call]] = {}
    for row in rows:
        if row.kind != "value":
            found.setdefault(row.round, []).append(call(row))
    return [Round(number=number, calls=tuple(found[number])) for number in sorted(found, reverse=True)]


def call(row: CallRow) -> Call:
    """A call of the journal."""
    request, outcome = _object(row.request), _object(row.outcome)
    usage = row.usage if isinstance(row.usage, list) else [None, None, None]
    more = _of_model(request, outcome) if row.kind == "model" else _of_tool(request, outcome)
    return Call(
        key=row.key,
        kind=row.kind,
        target=row.target,
        model=str(outcome.get("model") or request.get("model") or "") if row.kind == "model" else "",
        word=_STATUS[row.status],
        attempt=row.attempt,
        drifted=row.drifted,
        started_at=row.started_at,
        seconds=(row.ended_at - row.started_at).total_seconds() if row.ended_at else None,
        tokens_in=usage[_IN],
        tokens_cached=usage[_CACHED],
        tokens_out=usage[_OUT],
        cost=row.cost,
        error=str(_object(row.error).get("message") or ""),
        **more,
    )


def _of_model(request: JsonObject, outcome: JsonObject) -> dict[str, Json]:
    parts = outcome.get("parts") or []
    system = request.get("system")
    asked = [Spoken(who="system", text=str(system))] if system else []
    asked += [_spoken(message) for message in request.get("messages") or [] if isinstance(message, Mapping)]
    return {
        "asked": tuple(asked),
        "answer": _text(parts),
        "uses": tuple(_uses(parts)),
        "stop": str(outcome.get("stop") or ""),
    }


def _of_tool(request: JsonObject, outcome: JsonObject) -> dict[str, Json]:
    return {
        "arguments": request.get("arguments"),
        "result": outcome.get("result"),
        "refused": str(outcome.get("refused") or ""),
    }


def _spoken(message: JsonObject) -> Spoken:
    parts: Sequence[JsonObject] = message.get("parts") or []
    results = tuple(
        (str(part.get("name")), str(part.get("content")), bool(part.get("is_error")))
        for part in parts
        if "tool_result" in part
    )
    return Spoken(who=str(message.get("role")), text=_text(parts), uses=tuple(_uses(parts)), results=results)


def _text(parts: Sequence[JsonObject]) -> str:
    return "".join(str(part["text"]) for part in parts if "text" in part)


def _uses(parts: Sequence[JsonObject]) -> Iterable[Use]:
    for part in parts:
        if "tool_use" in part:
            yield Use(name=str(part.get("name")), arguments=part.get("malformed") or part.get("arguments"))


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}
