"""Graphs for browser tests: the gallery's templates, and made ones of any size, with the states of an imaginary run."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from builder.portable import read_file
from orchestrator.engine.values import JsonObject
from orchestrator.queries.looks import look_of as look_of
from orchestrator.queries.words import step_word
from ui.graph.values import State

GALLERY = Path(__file__).resolve().parents[2] / "builder" / "gallery"
TEMPLATES = ("support_ticket", "summarise_documents", "news_article")
LEVEL = 6
STATES = (
    ("succeeded", "", ("3.4 s", "1.2k tok", "$0.004"), "Two invoices in November, the second one is wrong by 4.90 EUR"),
    ("running", "", ("12 s",), "Thanks for the details. We looked at"),
    ("waiting", "output", ("2 min",), "Waiting for Support leads"),
    ("failed", "", ("0.1 s",), "The table has no column “severity”: name one of id, date, amount"),
    ("skipped", "", (), ""),
    ("ready", "", (), ""),
    ("pending", "", (), ""),
)


def graph(name: str) -> tuple[JsonObject, Mapping[str, Sequence[float]]]:
    """The document and the layout of a template, or a made graph: `made-60` has 60 nodes and no layout."""
    if name in TEMPLATES:
        file = read_file((GALLERY / f"{name}.yaml").read_text(), base=GALLERY)
        return file.document, file.layout
    return made(int(name.removeprefix("made-"))), {}


def made(size: int) -> JsonObject:
    """A graph in levels: each node leads to one or two of the next level; some are routers with named ports."""
    chance = Random(size)
    names = [f"step_{number}" for number in range(size)]
    edges = [edge for number in range(size) for edge in _onward(number, names, chance)]
    return {"nodes": {name: _node(number) for number, name in enumerate(names)}, "edges": edges}


def _node(number: int) -> JsonObject:
    if number % 7 == 3:
        return {
            "type": "router",
            "title": f"Which way {number}",
            "config": {"text": "x", "routes": {"good": "a", "bad": "b"}},
        }
    kinds = (("prompt", "Draft"), ("tool", "Look up"), ("agent", "Research"), ("transform", "Select"))
    kind, title = kinds[number % len(kinds)]
    return {"type": kind, "title": f"{title} {number}"}


def _onward(number: int, names: Sequence[str], chance: Random) -> Iterator[list[str]]:
    start = (number // LEVEL + 1) * LEVEL
    targets = names[start : start + LEVEL]
    ports = ("good", "bad") if number % 7 == 3 else ("out",) * chance.choice((1, 1, 2))
    below = [name for at, name in enumerate(targets) if at == number % LEVEL]
    near = [name for at, name in enumerate(targets) if abs(at - number % LEVEL) == 1]
    for port, target in zip(ports, below + chance.sample(near, min(1, len(near))), strict=False):
        yield [names[number], port, target]


def states(document: JsonObject) -> dict[str, State]:
    """One of everything, in the order of the nodes."""
    keys = ["start", *_keys(document, "")]
    return {key: _state(*STATES[number % len(STATES)]) for number, key in enumerate(keys)}


def _keys(document: JsonObject, prefix: str) -> Iterator[str]:
    for name, node in document["nodes"].items():
        yield prefix + name
        body = (node.get("config") or {}).get("body")
        if body:
            yield from _keys(body, f"{prefix}{name}/")


def _state(status: str, reason: str, figures: tuple[str, ...], preview: str) -> State:
    word = step_word(status=status, reason=reason)
    return State(status=status, word=word.text, icon=word.icon, figures=figures, preview=preview)
