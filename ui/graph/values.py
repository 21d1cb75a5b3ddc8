"""What is shown of a graph: cards with their places, edges, and where in the workflow one is. Frozen values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ui.status import tone

Json: TypeAlias = Any
"""JSON as it comes: what documents and layouts hold. (The engine's own alias is above this app.)"""
JsonObject: TypeAlias = Mapping[str, Any]

START, END, OUT, ANY = "start", "end", "out", "*"
"""The words of a stored graph: its two ends, the ordinary port, and an edge from whichever port is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """`kind` is what comes out: text, json or any."""

    name: str
    kind: str = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a node of a document is shown: the title of its type, its icon, its outputs."""

    title: str
    icon: str
    ports: tuple[Port, ...] = (Port(name=OUT),)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a run adds to a card. `status` is the stored one, `word` and `icon` come from the product's table of statuses,
    `figures` are times, tokens and money as they are shown."""

    status: str = ""
    word: str = ""
    icon: str = ""
    figures: tuple[str, ...] = ()
    preview: str = ""

    @property
    def tone(self) -> str:
        """Its colours: those of its icon. Empty before anything has happened."""
        return tone(self.icon) if self.icon else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The upper left corner of a box."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCard:
    """One box. `key` is the node's name in the whole workflow (`each/draft`), `parent` the container it is drawn in."""

    key: str
    name: str
    type: str
    icon: str
    at: Point
    size: Size
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    parent: str = ""
    is_container: bool = False
    is_end: bool = False
    """Whether it is one of the two ends of the workflow, which are drawn small."""
    state: State = field(default_factory=State)

    @property
    def card_id(self) -> str:
        """The id of the part that the server replaces. A slash would have to be escaped in selectors."""
        return f"card-{dom_name(self.key)}"

    @property
    def label(self) -> str:
        """What assistive technology calls it: "Draft reply, Prompt, Running"."""
        return ", ".join(part for part in (self.name, self.type, self.state.word) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    source: str
    port: str
    target: str

    @property
    def key(self) -> str:
        return f"{self.source}.{self.port}>{self.target}"

    @property
    def label(self) -> str:
        """The port's name, where it says something."""
        return "" if self.port in (OUT, ANY) else self.port


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """One step of the way into a container; the whole workflow has the scope ''."""

    name: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A graph, or the body of one container, with a place for everything. Containers come before what is in them."""

    name: str
    cards: tuple[NodeCard, ...]
    edges: tuple[Edge, ...]
    trail: tuple[Crumb, ...] = ()
    """The way to here, the whole workflow first; empty where this is the whole workflow."""

    def as_json(self) -> dict[str, Json]:
        """What `<workflow-canvas>` reads."""
        return {"nodes": [_node_json(card) for card in self.cards], "edges": [_edge_json(edge) for edge in self.edges]}


LookOf: TypeAlias = Callable[[JsonObject], Look]
"""From a node of a document ({type, config, ...}; `start` and `end` have a type alone) to how it is shown."""


def dom_name(key: str) -> str:
    """The key of a node as part of an id: `each/draft` as `each--draft`."""
    return key.replace("/", "--")


def _node_json(card: NodeCard) -> dict[str, Json]:
    found: dict[str, Json] = {"id": card.key, "name": card.name, "type": card.type, "x": card.at.x, "y": card.at.y}
    found |= {"width": card.size.width, "height": card.size.height}
    if card.parent:
        found["parent"] = card.parent
    return found | ({"container": True} if card.is_container else {})


def _edge_json(edge: Edge) -> dict[str, Json]:
    found = {"id": edge.key, "from": [edge.source, edge.port], "to": [edge.target, "in"]}
    return found | ({"label": edge.label} if edge.label else {})
