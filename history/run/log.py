"""What happened in a run, line by line, as people read it: made from what its commits told (see engine.fold)."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_noop, ngettext

from history.run.cards import preview
from history.run.names import Names
from orchestrator.engine.values import Json, JsonObject
from orchestrator.queries.runs import moment
from orchestrator.queries.words import Word, run_word, step_word

Event = tuple[int, float, Sequence[JsonObject]]
"""The number of a commit, when it was (seconds since the epoch), and its facts."""
_DEEDS: Mapping[str, str] = {
    "cancelled": gettext_noop("{who} cancelled the run"),
    "paused": gettext_noop("{who} paused the run"),
    "resumed": gettext_noop("{who} let the run go on"),
    "retried": gettext_noop("{who} retried the step"),
    "typed": gettext_noop("{who} skipped the step with a typed output"),
}
_CALLS: Mapping[str, str] = {
    "started": gettext_noop("{kind} {target}: called"),
    "done": gettext_noop("{kind} {target}: answered"),
    "failed": gettext_noop("{kind} {target}: failed"),
    "wasted": gettext_noop("{kind} {target}: answered too late, not used"),
}
_ASKED: Mapping[str, str] = {
    "limit": gettext_noop("Waits for a free slot"),
    "timer": gettext_noop("Waits for a time"),
    "event": gettext_noop("Waits for an event"),
    "retry": gettext_noop("Will be tried again"),
    "budget": gettext_noop("A budget is reached"),
    "incident": gettext_noop("Asks people for a decision"),
    "input": gettext_noop("Asks people to fill in a form"),
    "output": gettext_noop("Asks people to look at its output"),
    "tool_call": gettext_noop("Asks people to allow a tool call"),
    "plan": gettext_noop("Asks people to look at its plan"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line. `path` is empty for what concerns the whole run."""

    seq: int
    at: datetime
    path: str
    name: str
    icon: str
    text: str
    detail: str = ""

    def plain(self) -> str:
        """The line in a text file."""
        told = ": ".join(part for part in (self.name, self.text) if part)
        detail = f" | {' '.join(self.detail.split())}" if self.detail else ""
        return f"{self.at:%Y-%m-%dT%H:%M:%S.%f}Z #{self.seq} {told}{detail}"


def entries(events: Iterable[Event], names: Names, *, of: str = "") -> list[Entry]:
    """The lines of these events; with `of` those of one step, and of what is inside it."""
    found = []
    for seq, at, facts in events:
        for fact in facts:
            line = _entry(fact)
            if line and (not of or _belongs(line.path, of)):
                name = names.of(line.path) if line.path else ""
                found.append(
                    Entry(
                        seq=seq,
                        at=moment(at),
                        path=line.path,
                        name=name,
                        icon=line.icon,
                        text=line.text,
                        detail=line.detail,
                    )
                )
    return found


def as_text(found: Iterable[Entry]) -> Iterator[str]:
    """The lines of a text file."""
    for entry in found:
        yield f"{entry.plain()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one fact says."""

    text: str
    icon: str
    path: str = ""
    detail: str = ""


def _belongs(path: str, of: str) -> bool:
    return path == of or path.startswith((f"{of}[", f"{of}#", f"{of}/"))


def _entry(fact: JsonObject) -> Told | None:
    for key, tell in _TELLERS.items():
        if key in fact:
            return tell(fact)
    return None


def _call(fact: JsonObject) -> Told | None:
    if fact["kind"] == "value" or fact["status"] not in _CALLS:
        return None
    kind = gettext("Model") if fact["kind"] == "model" else gettext("Tool")
    icon = "sparkles" if fact["kind"] == "model" else "wrench"
    return Told(
        path=fact["step"], text=gettext(_CALLS[fact["status"]]).format(kind=kind, target=fact["target"]), icon=icon
    )


def _person(fact: JsonObject) -> Told | None:
    text = gettext(_DEEDS.get(fact["did"], "{who} acted")).format(who=fact["person"])
    return Told(path=str(fact.get("of", "")), text=text, icon="user")


def _asked(fact: JsonObject) -> Told | None:
    if fact["kind"] == "scope":
        return None
    return Told(path=fact["step"], text=gettext(_ASKED.get(fact["kind"], "Asks something")), icon="message-circle")


def _answered(fact: JsonObject) -> Told | None:
    if fact["answered"].startswith("scope") or not fact.get("verdict"):
        return None
    verdict = str(fact["verdict"]).replace("_", " ")
    return Told(
        path=fact["step"], text=gettext("Answered: {verdict}").format(verdict=verdict), icon="message-square-text"
    )


def _withdrawn(fact: JsonObject) -> Told | None:
    return Told(path=fact["step"], text=gettext("Its question was withdrawn"), icon="message-square")


def _opened(fact: JsonObject) -> Told | None:
    start, stop = fact["opened"]
    text = ngettext("{count} item began", "{count} items began", stop - start).format(count=stop - start)
    return Told(path=fact["scope"].partition("#")[0], text=text, icon="layers")


def _closed(fact: JsonObject) -> Told | None:
    return Told(
        path=fact["closed"].partition("#")[0], text=gettext("What was open inside it was cancelled"), icon="ban"
    )


def _run(fact: JsonObject) -> Told | None:
    word = run_word(fact["run"])
    return Told(text=gettext("Run: {word}").format(word=gettext(word.text)), icon=word.icon)


def _step(fact: JsonObject) -> Told | None:
    error = _decoded(fact.get("error"))
    code = str(error.get("code", "")) if isinstance(error, Mapping) else ""
    word: Word = step_word(status=fact["status"], reason=fact.get("reason", ""), error=code)
    round_number = fact.get("round", 1)
    text = gettext(word.text)
    if round_number > 1:
        text = gettext("{word}, round {number}").format(word=text, number=round_number)
    return Told(path=fact["step"], text=text, icon=word.icon, detail=_detail(fact, error))


def _detail(fact: JsonObject, error: Json) -> str:
    if fact.get("error"):
        return str(error.get("message", "")) if isinstance(error, Mapping) else str(fact["error"])
    return preview(str(fact.get("preview", "")))


def _decoded(text: Json) -> Json:
    """The error as it was told, unless it was cut in the middle."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


_TELLERS: Mapping[str, Callable[[JsonObject], Told | None]] = {
    "call": _call,
    "asked": _asked,
    "answered": _answered,
    "withdrawn": _withdrawn,
    "person": _person,
    "opened": _opened,
    "closed": _closed,
    "run": _run,
    "step": _step,
}
"""By the key that tells one kind of fact from another; looked at in this order, because some facts have several."""
