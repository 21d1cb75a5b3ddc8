"""What changed between two texts, word by word, and between two JSON values, place by place. Pure.

The same pieces become HTML in pages and lines in e-mails and the audit log.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ui.json_tree import pretty

Json = Any  # ends at this file's border: whatever json.loads gives
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
MOST_WORDS = 8_000
"""Above it, texts are compared by line: matching words takes time that grows with the square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text: kind is `same`, `ins` or `del`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A place of a JSON value that differs: `path` as `/orders/0/price`, kind `ins`, `del` or `both`."""

    path: str
    kind: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


def words(before: str, after: str) -> list[Piece]:
    """The two texts as one, with what was deleted before what was inserted."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return list(_joined(_pieces(old, new)))


def changes(before: Json, after: Json, path: str = "") -> list[Change]:
    """Every place at which two JSON values differ, in the order of the second."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return [change for key in {**after, **before} for change in _at(before, after, key, path)]
    if isinstance(before, list) and isinstance(after, list):
        old, new = dict(enumerate(before)), dict(enumerate(after))
        return [change for key in {**new, **old} for change in _at(old, new, key, path)]
    return [] if before == after and type(before) is type(after) else [_change(path, before, after, "both")]


def is_changed(pieces: Sequence[Piece]) -> bool:
    """Whether anything was inserted or deleted."""
    return any(piece.kind != "same" for piece in pieces)


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece(kind="same", text="".join(old[start:end]))
            continue
        if end > start:
            yield Piece(kind="del", text="".join(old[start:end]))
        if new_end > new_start:
            yield Piece(kind="ins", text="".join(new[new_start:new_end]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """A single space between two changes belongs to both: three words replaced read as one change, not as three."""
    dropped, added = "", ""
    for piece in pieces:
        is_gap = piece.kind == "same" and not piece.text.strip() and "\n" not in piece.text and dropped and added
        dropped += piece.text if piece.kind == "del" or is_gap else ""
        added += piece.text if piece.kind == "ins" or is_gap else ""
        if piece.kind == "same" and not is_gap:
            yield from _flushed(dropped, added)
            dropped = added = ""
            yield piece
    yield from _flushed(dropped, added)


def _flushed(dropped: str, added: str) -> Iterator[Piece]:
    """Deleted, then inserted; a space that both end with is no change."""
    end = ""
    if dropped.strip() and added.strip() and dropped[-1] == added[-1] == " ":
        dropped, added, end = dropped[:-1], added[:-1], " "
    if dropped:
        yield Piece(kind="del", text=dropped)
    if added:
        yield Piece(kind="ins", text=added)
    if end:
        yield Piece(kind="same", text=end)


def _at(before: Mapping[Any, Json], after: Mapping[Any, Json], key: Any, path: str) -> list[Change]:
    place = f"{path}/{key}"
    if key not in before:
        return [_change(place, None, after[key], "ins")]
    if key not in after:
        return [_change(place, before[key], None, "del")]
    return changes(before[key], after[key], place)


def _change(path: str, before: Json, after: Json, kind: str) -> Change:
    old = "" if kind == "ins" else _text(before)
    new = "" if kind == "del" else _text(after)
    return Change(path=path or "/", kind=kind, before=old, after=new, pieces=tuple(words(old, new)))


def _text(value: Json) -> str:
    return value if isinstance(value, str) else pretty(value)
