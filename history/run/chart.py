"""The timeline as numbers for an SVG: places in percent of the whole time, so that it is as wide as its page. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from history.run.critical import Critical
from history.run.names import Names
from history.run.spans import Kind, Line, Span

SMALLEST = 0.25
"""Percent: what took less can still be seen."""
TICKS = 5
MOST_ROWS = 300
_NICE = (
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14_400,
    28_800,
    86_400,
    172_800,
    604_800,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of a row, in percent. `text` is what it is called: `Model demo, 1.2 s`."""

    kind: str
    x: str
    width: str
    seconds: float
    label: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A step. `depth` is how deep inside containers it is; `seconds` are those of each kind, in the order of `KINDS`."""

    path: str
    name: str
    depth: int
    is_critical: bool
    phases: tuple[Bar, ...]
    calls: tuple[Bar, ...]
    seconds: tuple[float, ...]
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    x: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`left_out` are rows that the page does not show."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    seconds: float
    left_out: int = 0


KINDS = (Kind.QUEUE, Kind.MODEL, Kind.TOOL, Kind.WORK, Kind.PEOPLE, Kind.WAIT)


def chart(lines: Sequence[Line], found: Critical, names: Names) -> Chart:
    """The rows in the order in which the steps were opened, those inside a container behind it."""
    if not lines:
        return Chart(rows=(), ticks=(), seconds=0)
    start, end = min(line.start for line in lines), max(line.end for line in lines)
    scale = Scale(start=start, seconds=max(end - start, 0.1))
    shown = sorted(lines, key=_order(lines))
    rows = [_row(line, scale, names, found.steps) for line in shown[:MOST_ROWS]]
    ticks = tuple(Tick(x=scale.percent(start + at), seconds=at) for at in _marks(scale.seconds))
    return Chart(rows=tuple(rows), ticks=ticks, seconds=scale.seconds, left_out=max(0, len(shown) - MOST_ROWS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From seconds since the epoch to percent of the whole."""

    start: float
    seconds: float

    def percent(self, at: float) -> str:
        return f"{min(100.0, max(0.0, (at - self.start) / self.seconds * 100)):.2f}%"

    def width(self, seconds: float) -> str:
        return f"{max(SMALLEST, seconds / self.seconds * 100):.2f}%"


def _order(lines: Iterable[Line]) -> "Order":
    return Order({line.path: line.start for line in lines})


class Order:
    """Sorts what is inside a container behind it: by the starts of all that it lies in, outermost first."""

    def __init__(self, starts: dict[str, float]) -> None:
        self._starts = starts

    def __call__(self, line: Line) -> tuple[tuple[float, str], ...]:
        return tuple((self._starts.get(path, line.start), path) for path in (*above(line.path), line.path))


def above(path: str) -> list[str]:
    """The steps that it lies in, outermost first: `each`, `each[3]` of `each[3]/draft`."""
    found, at = [], path.find("[")
    while at >= 0:
        container, item = path[:at].partition("#")[0], path[: path.index("]", at) + 1]
        found += [one for one in (container, item) if one != path]
        at = path.find("[", at + 1)
    return found


def _row(line: Line, scale: Scale, names: Names, chain: Collection[str]) -> Row:
    seconds = line.seconds()
    return Row(
        path=line.path,
        name=names.of(line.path),
        depth=min(3, len(above(line.path))),
        is_critical=line.path in chain,
        phases=tuple(_bar(span, scale) for span in line.phases),
        calls=tuple(_bar(span, scale) for span in line.calls),
        seconds=tuple(seconds[kind] for kind in KINDS),
        total=line.end - line.start,
    )


def _bar(span: Span, scale: Scale) -> Bar:
    return Bar(
        kind=span.kind.value,
        x=scale.percent(span.start),
        width=scale.width(span.seconds),
        seconds=span.seconds,
        label=span.label,
        is_open=span.is_open,
    )


def _marks(seconds: float) -> list[float]:
    """Round numbers, at most five of them."""
    step = next((nice for nice in _NICE if seconds / nice <= TICKS), seconds / TICKS)
    return [round(step * number, 1) for number in range(1, int(seconds / step) + 1) if step * number < seconds * 0.97]
