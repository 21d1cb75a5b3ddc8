"""Whom a text names: `@bob@example.org`, `@bob` where one member's address begins with that, `@Bob` by the name. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_MENTION = re.compile(r"(?<![\w.])@([\w.+-]+@[\w-]+(?:\.[\w-]+)+|[\w.+-]*\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be named."""

    id: int
    email: str
    name: str


def mentioned(text: str, people: Iterable[Person]) -> list[int]:
    """Ids, in order, each once. A name that fits several people names nobody: the address does."""
    known = _known(people)
    found = [known.get(name.casefold(), ()) for name in _MENTION.findall(text)]
    return list(dict.fromkeys(ids[0] for ids in found if len(ids) == 1))


def _known(people: Iterable[Person]) -> Mapping[str, tuple[int, ...]]:
    found: defaultdict[str, dict[int, None]] = defaultdict(dict)
    for person in people:
        first = person.name.partition(" ")[0]
        for name in (person.email, person.email.partition("@")[0], first, person.name.replace(" ", ".")):
            if name:
                found[name.casefold()][person.id] = None
    return {name: tuple(ids) for name, ids in found.items()}
