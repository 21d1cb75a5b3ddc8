"""A small picture of a graph as SVG text, for the gallery and for lists. Colours are classes of static/css/canvas.css, so that
the picture follows the theme; names are drawn as bars, because at this size nobody could read them."""

from collections.abc import Iterator, Mapping
from html import escape

from ui.graph.values import Edge, NodeCard, Picture, Size

MARGIN, ICON, LETTER = 24, 40, 9
RADIUS = 12
SMALLEST = Size(width=900, height=320)
"""A picture of few steps keeps margins instead of growing them."""


def draw(picture: Picture, *, icons: str = "") -> str:
    """The SVG element. `icons` is the address of the sprite; without one there are no icons."""
    cards = {card.key: card for card in picture.cards}
    edges = "".join(_edge(edge, cards) for edge in picture.edges)
    drawn = {card.key: "".join(_box(card, icons)) for card in picture.cards}
    below = "".join(drawn[card.key] for card in picture.cards if card.is_container)
    above = "".join(drawn[card.key] for card in picture.cards if not card.is_container)
    label = escape(f"{picture.name}: {_count(picture)}")
    return (
        f'<svg class="graph-picture" role="img" aria-label="{label}" viewBox="{_view(picture)}">'
        f'{below}<g class="graph-edges">{edges}</g>{above}</svg>'
    )


def _count(picture: Picture) -> str:
    steps = sum(not card.is_end for card in picture.cards)
    return f"{steps} step" + ("" if steps == 1 else "s")


def _view(picture: Picture) -> str:
    right = max((card.at.x + card.size.width for card in picture.cards), default=0)
    bottom = max((card.at.y + card.size.height for card in picture.cards), default=0)
    width, height = max(right, SMALLEST.width), max(bottom, SMALLEST.height)
    left, top = (right - width) / 2 - MARGIN, (bottom - height) / 2 - MARGIN
    return f"{left:g} {top:g} {width + 2 * MARGIN:g} {height + 2 * MARGIN:g}"


def _edge(edge: Edge, cards: Mapping[str, NodeCard]) -> str:
    source, target = cards[edge.source], cards[edge.target]
    x1, y1 = source.at.x + source.size.width, source.at.y + _share(source, edge.port) * source.size.height
    x2, y2 = target.at.x, target.at.y + target.size.height / 2
    bend = max(40, abs(x2 - x1) / 2)
    return f'<path d="M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"/>'


def _share(card: NodeCard, port: str) -> float:
    """How far down the right side a port is."""
    names = [one.name for one in card.outputs]
    return (names.index(port) + 1) / (len(names) + 1) if port in names else 0.5


def _box(card: NodeCard, icons: str) -> Iterator[str]:
    kind = "container" if card.is_container else "end" if card.is_end else "step"
    tone = f' data-tone="{card.state.tone}"' if card.state.tone else ""
    x, y, width, height = card.at.x, card.at.y, card.size.width, card.size.height
    yield f'<g class="graph-{kind}"{tone}><rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{RADIUS}"/>'
    top = y + 12 if card.is_container else y + (height - ICON) / 2
    if icons:
        yield f'<use href="{escape(icons)}#{escape(card.icon)}" x="{x + 14:g}" y="{top:g}" width="{ICON}" height="{ICON}"/>'
    if not card.is_end:
        long = min(len(card.name) * LETTER, width - ICON - 44)
        yield f'<rect class="graph-name" x="{x + ICON + 26:g}" y="{top + 13:g}" width="{long:g}" height="14" rx="7"/>'
    yield "</g>"
