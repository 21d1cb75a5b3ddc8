"""Where the time of each step went: waiting in a queue, working, calling models and tools, waiting for people. Pure.

Made from what commits told (their facts, see engine.fold) and from the times of the calls. All times are seconds since the
epoch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.engine.state import PEOPLE
from orchestrator.engine.values import JsonObject


class Kind(StrEnum):
    """What a stretch of time was spent on."""

    QUEUE = "queue"
    """It could have begun; no worker was free."""
    WORK = "work"
    """A worker had it, and it called nothing."""
    MODEL = "model"
    """A model answered."""
    TOOL = "tool"
    """A tool worked."""
    PEOPLE = "people"
    """Somebody had to decide."""
    WAIT = "wait"
    """A time, an event, a free slot or the next try."""
    INSIDE = "inside"
    """The steps inside it ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of one step's time. `is_open`: it goes on, `end` is now."""

    kind: Kind
    start: float
    end: float
    label: str = ""
    is_open: bool = False

    @property
    def seconds(self) -> float:
        return max(0.0, self.end - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call of a step: `kind` is model or tool, `target` what was called. `end` is None while it goes on."""

    path: str
    kind: str
    target: str
    start: float
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A step on the timeline. `phases` follow one another without a gap; `calls` lie over them."""

    path: str
    phases: tuple[Span, ...]
    calls: tuple[Span, ...] = ()

    @property
    def start(self) -> float:
        return self.phases[0].start

    @property
    def end(self) -> float:
        return self.phases[-1].end

    @property
    def active(self) -> float:
        """Seconds that it took itself: all but its queue."""
        return sum(span.seconds for span in self.phases if span.kind is not Kind.QUEUE)

    def is_container(self) -> bool:
        return any(span.kind is Kind.INSIDE for span in self.phases)

    def seconds(self) -> Mapping[Kind, float]:
        """By kind. What models and tools took is taken off the work that they lay in; parallel calls count once."""
        found = dict.fromkeys(Kind, 0.0)
        for span in self.phases:
            found[span.kind] += span.seconds
        for kind in (Kind.MODEL, Kind.TOOL):
            found[kind] = covered(span for span in self.calls if span.kind is kind)
        found[Kind.WORK] = max(0.0, found[Kind.WORK] - covered(self.calls))
        return found


Change = tuple[float, Sequence[JsonObject]]
"""When a commit was, and the facts that it told."""


def lines(changes: Iterable[Change], calls: Iterable[Called], *, now: float) -> list[Line]:
    """One line for every step that was ever opened, in the order in which they were."""
    clock = Clock()
    for at, facts in changes:
        for fact in facts:
            clock.hear(at, fact)
    called: dict[str, list[Called]] = {}
    for call in calls:
        called.setdefault(call.path, []).append(call)
    return [_line(path, phases, called.get(path, ()), now) for path, phases in clock.phases(now).items()]


def covered(spans: Iterable[Span]) -> float:
    """Seconds in which at least one of them lasted."""
    total, reached = 0.0, float("-inf")
    for span in sorted(spans, key=lambda span: span.start):
        total += max(0.0, span.end - max(span.start, reached))
        reached = max(reached, span.end)
    return total


@dataclass(slots=True)
class Clock:
    """Hears facts in their order and notes when each step began to do what."""

    _done: dict[str, list[Span]] = field(default_factory=dict)
    _open: dict[str, tuple[Kind, float]] = field(default_factory=dict)

    def hear(self, at: float, fact: JsonObject) -> None:
        """One fact of a commit at that time."""
        match fact:
            case {"call": _} | {"asked": _} | {"answered": _} | {"withdrawn": _} | {"person": _}:
                pass
            case {"step": path, "status": status}:
                self._turn(path, at, _kind(status, str(fact.get("reason", ""))))
            case {"scope": scope, "opened": [start, stop], "entries": entries}:
                for path, kind in _opened(scope, range(start, stop), entries):
                    self._turn(path, at, kind)
            case {"closed": scope}:
                self._end_all(at, [path for path in self._open if path.startswith(f"{scope}[")])
            case {"run": "cancelled"}:
                self._end_all(at, list(self._open))

    def phases(self, now: float) -> dict[str, list[Span]]:
        """By step; those that go on end now."""
        found = {path: list(spans) for path, spans in self._done.items()}
        for path, (kind, start) in self._open.items():
            found[path].append(Span(kind=kind, start=start, end=max(start, now), is_open=True))
        return {path: spans for path, spans in found.items() if spans}

    def _turn(self, path: str, at: float, kind: Kind | None) -> None:
        spans = self._done.setdefault(path, [])
        before = self._open.pop(path, None)
        if before is not None:
            spans.append(Span(kind=before[0], start=before[1], end=at))
        if kind is not None:
            self._open[path] = (kind, at)

    def _end_all(self, at: float, paths: Iterable[str]) -> None:
        for path in paths:
            self._turn(path, at, None)


def _kind(status: str, reason: str) -> Kind | None:
    """What a step with that status spends its time on; None where it is decided."""
    if status == "waiting":
        return Kind.PEOPLE if reason in PEOPLE else Kind.INSIDE if reason == "scope" else Kind.WAIT
    return {"ready": Kind.QUEUE, "running": Kind.WORK}.get(status)


def _opened(scope: str, items: Iterable[int], entries: Sequence[str]) -> Iterator[tuple[str, Kind]]:
    for index in items:
        yield f"{scope}[{index}]", Kind.INSIDE if entries else Kind.QUEUE
        for entry in entries:
            yield f"{scope}[{index}]/{entry}", Kind.QUEUE


def _line(path: str, phases: Sequence[Span], called: Sequence[Called], now: float) -> Line:
    return Line(path=path, phases=tuple(phases), calls=tuple(_call_span(call, now) for call in called))


def _call_span(call: Called, now: float) -> Span:
    end = now if call.end is None else call.end
    kind = Kind.MODEL if call.kind == "model" else Kind.TOOL
    return Span(kind=kind, start=call.start, end=max(call.start, end), label=call.target, is_open=call.end is None)
