"""A graph as a nested list in the order in which it runs: for small screens, for assistive technology, without JavaScript."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ui.graph.layered import neighbours
from ui.graph.values import Edge, NodeCard, Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """Where a step leads: the name of that step, and the port where it says something."""

    key: str
    name: str
    port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One step of the list; `items` are the steps inside a container."""

    card: NodeCard
    onward: tuple[Onward, ...]
    items: "tuple[Item, ...]"


def outline(picture: Picture) -> tuple[Item, ...]:
    """Every card of the picture once, containers with what is in them."""
    by_parent: dict[str, list[NodeCard]] = {}
    shown = {card.key for card in picture.cards}
    for card in picture.cards:
        by_parent.setdefault(card.parent if card.parent in shown else "", []).append(card)
    return _items(by_parent, "", picture)


def _items(by_parent: Mapping[str, Sequence[NodeCard]], parent: str, picture: Picture) -> tuple[Item, ...]:
    cards = {card.key: card for card in picture.cards}
    return tuple(
        Item(card=card, onward=tuple(_onward(card, picture.edges, cards)), items=_items(by_parent, card.key, picture))
        for card in in_order(by_parent.get(parent, ()), picture.edges)
    )


def _onward(card: NodeCard, edges: Sequence[Edge], cards: Mapping[str, NodeCard]) -> Iterator[Onward]:
    for edge in edges:
        if edge.source == card.key:
            yield Onward(key=edge.target, name=cards[edge.target].name, port=edge.label)


def in_order(cards: Sequence[NodeCard], edges: Sequence[Edge]) -> list[NodeCard]:
    """What runs first comes first; among equals, what is higher up on the canvas. Circles stay as they were drawn."""
    keys = {card.key for card in cards}
    pairs = [(edge.source, edge.target) for edge in edges if {edge.source, edge.target} <= keys]
    after, missing = neighbours(pairs, 0), {card.key: 0 for card in cards}
    for _, target in pairs:
        missing[target] += 1
    found, left = list[NodeCard](), sorted(cards, key=lambda card: (card.at.x, card.at.y))
    while left:
        card = next((card for card in left if not missing[card.key]), left[0])
        left.remove(card)
        found.append(card)
        for target in after.get(card.key, ()):
            missing[target] -= 1
    return found
