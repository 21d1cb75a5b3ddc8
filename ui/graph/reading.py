"""From a version's document to its picture: cards and edges with places, containers with what is in them.

The ends of the workflow are drawn too, and led to as when it is compiled: `start` before every node without an edge to it,
`end` behind every node without a way on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ui.graph.layered import Gaps
from ui.graph.placing import extent, place, stored_places
from ui.graph.values import (
    ANY,
    END,
    OUT,
    START,
    Crumb,
    Edge,
    JsonObject,
    Look,
    LookOf,
    NodeCard,
    Picture,
    Point,
    Port,
    Size,
    State,
)

SIDE_PORTS = frozenset({"error", "rejected", "expired"})
"""An edge from one of these alone is no way on (the engine's graph module says the same)."""
PLAN, LIVE = Size(width=248, height=64), Size(width=248, height=124)
"""A card of a workflow, and one of a run, which has status, figures and a preview below its name."""
ENDS = Size(width=132, height=48)
PORT, HEAD, PADDING = 26, 64, 28
"""The height of a port, of a container's own card, and the room around what a container holds."""
LETTER = 6.6
"""About the width of a letter in an edge's label."""


class NoSuchContainer(Exception):
    """The workflow has no container of that name: open the whole workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is to be shown: `card` is the size of one card (PLAN or LIVE), `scope` the container to open alone."""

    name: str
    look: LookOf
    layout: Mapping[str, Sequence[float]] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    card: Size = PLAN
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One graph, placed from its own origin."""

    cards: tuple[NodeCard, ...]
    edges: tuple[Edge, ...]
    size: Size


def read_graph(document: JsonObject, view: View) -> Picture:
    """The picture of a document. Raises NoSuchContainer."""
    inner, trail = _opened(document, view)
    part = _part(inner, view, view.scope)
    return Picture(name=view.name, cards=part.cards, edges=part.edges, trail=trail)


def _opened(document: JsonObject, view: View) -> tuple[JsonObject, tuple[Crumb, ...]]:
    trail, scope = [Crumb(name=view.name, scope="")], ""
    for name in filter(None, view.scope.split("/")):
        node = (document.get("nodes") or {}).get(name) or {}
        document, scope = _body(node), f"{scope}/{name}" if scope else name
        if not document:
            raise NoSuchContainer(f"There is no container {view.scope!r} in this workflow: open the whole workflow.")
        trail.append(Crumb(name=str(node.get("title") or name), scope=scope))
    return document, tuple(trail) if scope else ()


def _part(document: JsonObject, view: View, scope: str) -> Part:
    nodes = dict(document.get("nodes") or {})
    edges = [(source, port, target) for source, port, target in document.get("edges") or ()]
    edges = [edge for edge in edges if {edge[0], edge[2]} <= {*nodes, START, END}]
    if not scope:
        edges = _with_frame(list(nodes), edges)
        nodes = {START: {"type": START}, **nodes, END: {"type": END}}
    bodies = {name: _part(_body(node), view, _join(scope, name)) for name, node in nodes.items() if _body(node)}
    shown = {name: _card(name, node, view, scope) for name, node in nodes.items()}
    shown = {name: _with_ports(card, name, edges) for name, card in shown.items()}
    sizes = {name: _size(card, view.card, bodies.get(name)) for name, card in shown.items()}
    at = place(
        sizes=sizes,
        edges=[(source, target) for source, _, target in edges],
        stored=dict(stored_places(view.layout, scope)),
        gaps=_gaps(edges),
    )
    cards = [replace(card, at=at[name], size=sizes[name]) for name, card in shown.items()]
    drawn = [
        Edge(source=_join(scope, source), port=port, target=_join(scope, target)) for source, port, target in edges
    ]
    inside = [edge for body in bodies.values() for edge in body.edges]
    return Part(
        cards=tuple(_with_bodies(cards, {_join(scope, name): body for name, body in bodies.items()})),
        edges=(*drawn, *inside),
        size=extent(at, sizes),
    )


def _with_frame(names: Sequence[str], edges: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    targets = {target for _, _, target in edges}
    goes_on = {source for source, port, _ in edges if port not in SIDE_PORTS}
    first = [(START, OUT, name) for name in names if name not in targets]
    last = [(name, ANY, END) for name in names if name not in goes_on]
    return [*first, *edges, *last]


def _card(name: str, node: JsonObject, view: View, scope: str) -> NodeCard:
    look, key, is_end = view.look(node), _join(scope, name), name in (START, END) and not scope
    return NodeCard(
        key=key,
        name=str(node.get("title") or (look.title if is_end else name)),
        type="" if is_end else look.title,
        icon=look.icon,
        at=Point(x=0, y=0),
        size=view.card,
        inputs=() if is_end and name == START else (Port(name="in"),),
        outputs=look.ports,
        parent=scope if scope != view.scope else "",
        is_container=bool(_body(node)),
        is_end=is_end,
        state=view.states.get(key) or State(),
    )


def _with_ports(card: NodeCard, name: str, edges: Sequence[tuple[str, str, str]]) -> NodeCard:
    """The ports that a card shows: those of its type, and those that edges start from besides."""
    if card.is_end and name == END:
        return replace(card, outputs=())
    used = [port for source, port, _ in edges if source == name and port != ANY]
    known = {port.name: port for port in card.outputs}
    return replace(
        card, outputs=tuple((known | {port: Port(name=port) for port in used if port not in known}).values())
    )


def _size(card: NodeCard, usual: Size, body: Part | None) -> Size:
    if card.is_end:
        return ENDS
    height = max(usual.height, PORT * len(card.outputs) + 12)
    if body is None:
        return Size(width=usual.width, height=height)
    head = max(HEAD, usual.height)
    return Size(
        width=max(usual.width, body.size.width + 2 * PADDING),
        height=max(height, head + body.size.height + 2 * PADDING),
    )


def _gaps(edges: Sequence[tuple[str, str, str]]) -> Gaps:
    """Columns so far apart that the names of ports can be read between them."""
    longest = max((len(port) for _, port, _ in edges if port not in (OUT, ANY)), default=0)
    return Gaps(across=max(Gaps().across, round(longest * LETTER) + 84))


def _with_bodies(cards: Sequence[NodeCard], bodies: Mapping[str, Part]) -> Iterator[NodeCard]:
    """The cards, each container followed by what is in it, moved into its box."""
    for card in cards:
        yield card
        body = bodies.get(card.key)
        if body:
            left = card.at.x + (card.size.width - body.size.width) / 2
            top = card.at.y + card.size.height - PADDING - body.size.height
            for inner in body.cards:
                yield replace(inner, at=Point(x=inner.at.x + left, y=inner.at.y + top))


def _body(node: JsonObject) -> JsonObject:
    body = (node.get("config") or {}).get("body")
    return body if isinstance(body, Mapping) and body.get("nodes") else {}


def _join(scope: str, name: str) -> str:
    return f"{scope}/{name}" if scope else name


def plain_look(node: JsonObject) -> Look:
    """How a node is shown where its type is not known here: by the type's own name."""
    return Look(title=str(node.get("type") or "").capitalize(), icon="box")
