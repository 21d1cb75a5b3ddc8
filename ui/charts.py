"""Small charts as numbers for SVG templates. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 96, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a small chart, in the units of its view box."""

    x: float
    y: float
    width: float
    height: float
    label: str
    is_none: bool


def line(values: Sequence[float]) -> str:
    """The `points` of a polyline that fills the view box; the lowest value lies at the bottom."""
    if not values:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = WIDTH / max(1, len(values) - 1)
    heights = [HEIGHT - 2 - (value - low) / span * (HEIGHT - 4) for value in values]
    return " ".join(f"{_short(index * step)},{_short(y)}" for index, y in enumerate(heights))


def bars(values: Sequence[float | None], *, most: float = 0, labels: Sequence[str] = ()) -> list[Bar]:
    """One bar per value; None (nothing happened) is a low grey one. `most` is the value of a full bar."""
    full = most or max((value for value in values if value is not None), default=0) or 1
    step = WIDTH / max(1, len(values))
    return [
        _bar(index * step, step - 2, value, full, labels[index] if index < len(labels) else "")
        for index, value in enumerate(values)
    ]


def outline(drawn: Sequence[Bar]) -> str:
    """The bars as the `d` of one path: a long list has hundreds of them, and one element each takes long to write."""
    return "".join(f"M{bar.x:g} {bar.y:g}h{bar.width:g}v{bar.height:g}h{-bar.width:g}z" for bar in drawn)


def _bar(x: float, width: float, value: float | None, full: float, label: str) -> Bar:
    height = 2.0 if value is None else max(2.0, min(1.0, value / full) * HEIGHT)
    return Bar(
        x=_short(x),
        y=_short(HEIGHT - height),
        width=_short(width),
        height=_short(height),
        label=label,
        is_none=value is None,
    )


def _short(number: float) -> float:
    return round(number, 1)
