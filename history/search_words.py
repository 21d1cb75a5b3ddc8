"""Words to search by: the same for what is stored and what is asked, and for both databases. Pure.

A word is a row of letters and digits, folded. Nothing is stemmed: runs hold names, numbers and several languages. What is asked
finds the runs that have all its terms; a word of three letters or more finds what begins with it; a phrase in quotation marks,
or a word with signs inside such as ada@example.org, finds these words in this order.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.engine.values import Json

LONGEST_WORD = 64
MOST_POSITIONS = 200
"""PostgreSQL keeps 255 places of a word."""
LARGEST_POSITION = 16_383
FROM_PREFIX = 3
MOST_TERMS = 12
ROOM = 100_000
"""Characters of one run that can be found."""
_WORD = re.compile(r"\w+")
_PART = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that stand together; the last one may be the beginning of one."""

    words: tuple[str, ...]
    is_prefix: bool


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded)]


def terms_of(asked: str) -> tuple[Term, ...]:
    """What somebody searches for; nothing where it has no letter and no digit."""
    found = []
    for quoted, plain in _PART.findall(asked):
        words = tuple(words_of(quoted or plain))
        if words:
            found.append(Term(words=words, is_prefix=not quoted and len(words[-1]) >= FROM_PREFIX))
    return tuple(found[:MOST_TERMS])


def strings_of(value: Json) -> Iterator[str]:
    """All texts and numbers in a value, in order; not the names of its fields, which are the same in every run."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from strings_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings_of(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def searchable(values: Sequence[Json]) -> list[str]:
    """The words of a run's values, as many as fit in ROOM."""
    found: list[str] = []
    left = ROOM
    for text in (text for value in values for text in strings_of(value)):
        for word in words_of(text[:left]):
            found.append(word)
            left -= len(word) + 1
        if left <= 0:
            break
    return found


def as_tsvector(words: Sequence[str]) -> str:
    """PostgreSQL's own writing of words and their places; they need no quoting inside, being letters and digits."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(words, start=1):
        if len(places[word]) < MOST_POSITIONS:
            places[word].append(min(place, LARGEST_POSITION))
    return " ".join(f"'{word}':{','.join(map(str, found))}" for word, found in places.items())


def as_tsquery(terms: Sequence[Term]) -> str:
    """PostgreSQL's writing of what is asked."""
    return " & ".join(f"({_followed(term)})" for term in terms)


def _followed(term: Term) -> str:
    last = f"'{term.words[-1]}'" + (":*" if term.is_prefix else "")
    return " <-> ".join([*(f"'{word}'" for word in term.words[:-1]), last])


def as_match(terms: Sequence[Term]) -> str:
    """The writing of SQLite's FTS5."""
    return " AND ".join(f'"{" ".join(term.words)}"' + (" *" if term.is_prefix else "") for term in terms)
