"""JSON as a tree that a template draws with nested details elements. Pure; large values are cut, and say so."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any  # ends at this file's border: whatever json.loads gives
MOST_CHILDREN, OPEN_DEPTH, DEEPEST, LONGEST_TEXT = 200, 2, 12, 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One name and value; `kind` is object, list, text, number or word (true, false, null)."""

    name: str
    kind: str
    text: str
    children: tuple["Branch", ...] = ()
    count: int = 0
    is_open: bool = False


def branch(value: Json, *, name: str = "", depth: int = 0) -> Branch:
    """The tree of a value; the first levels are open."""
    if isinstance(value, Mapping | list | tuple):
        return _many(value, name, depth)
    kind = "text" if isinstance(value, str) else "word" if value is None or isinstance(value, bool) else "number"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return Branch(name=name, kind=kind, text=text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " …")


def pretty(value: Json) -> str:
    """The value as indented JSON text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _many(value: Json, name: str, depth: int) -> Branch:
    kind = "object" if isinstance(value, Mapping) else "list"
    if depth >= DEEPEST:
        return Branch(name=name, kind="text", text=json.dumps(value, default=str, ensure_ascii=False)[:LONGEST_TEXT])
    children = tuple(branch(part, name=key, depth=depth + 1) for key, part in _parts(value))
    rest = len(value) - len(children)
    if rest:
        children = (*children, Branch(name="…", kind="word", text=f"{rest} more"))
    return Branch(name=name, kind=kind, text="", children=children, count=len(value), is_open=depth < OPEN_DEPTH)


def _parts(value: Json) -> Iterator[tuple[str, Json]]:
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for number, (key, part) in enumerate(pairs):
        if number >= MOST_CHILDREN:
            return
        yield str(key), part
