"""What a watcher is sent. A frame's text is made once, however many get it."""

import json
from dataclasses import dataclass

from orchestrator.engine.values import Json
from orchestrator.queries.events import event_object

TOKENS, REFETCH, ERROR, TOPIC = "tokens", "refetch", "error", "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message. `name` is empty for events; `seq` is set for those alone."""

    text: str
    name: str = ""
    run: int = 0
    seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The last thing in a queue: why the watcher is sent away, with the close code of a socket."""

    code: int
    frame: Frame


def event(*, run: int, seq: int, at: float, facts: list[Json]) -> Frame:
    """What one commit told: the same object as that of the REST API."""
    return Frame(run=run, seq=seq, text=_text(event_object(run=run, seq=seq, at=at, facts=facts)))


def tokens(*, run: int, pieces: Json) -> Frame:
    """What models have written since last time. It is not stored and may be left out."""
    return Frame(run=run, name=TOKENS, text=_text({"run": run, "tokens": pieces}))


def topic(name: str) -> Frame:
    """What the page shows of this has changed: it asks for it anew. It may be left out or come twice."""
    return Frame(name=TOPIC, text=_text({"topic": name}))


def refetch(*, run: int, after: int) -> Frame:
    """The watcher was too slow and no longer follows the run: it must get the events after this one, and watch anew."""
    return Frame(run=run, name=REFETCH, text=_text({"run": run, "refetch": after}))


def error(*, code: str, message: str, run: int | None = None) -> Frame:
    """Why something that was asked for is refused, and what to do next."""
    told = {"code": code, "message": message}
    return Frame(name=ERROR, text=_text({"error": told} | ({} if run is None else {"run": run})))


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
