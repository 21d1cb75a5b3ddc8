"""The demo model's reading: sentences, stems, and which sentences say most. Plain counting, no vocabulary of any subject."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from math import log


def listed(text: str) -> frozenset[str]:
    """The words of a text as a set: a list of words reads better so."""
    return frozenset(text.split())


STOP = listed(
    "a about above after again all also although am an and any are as at be because been before being below but "
    "by can could did do does doing done down each else for from further get give given had has have having he "
    "her here hers him his how i if in into is it its itself just let may me might more most much must my no nor "
    "not now of off on once one only or other our ours out over own please s same shall she should so some such t "
    "than thank thanks that the their theirs them then there these they this those through to too under until up "
    "upon us very was we well were what when where which while who whom why will with within without would you "
    "your yours"
)
ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|no|nr|vs|approx|e\.g|i\.e|etc|inc|ltd|co|fig|p|pp)|\b[A-Z])\.$", re.I
)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]”\u2019]*\s+(?=[\"'(\[“\u2018]?[A-Z0-9ÄÖÜÉ])")
CLAUSE_END = re.compile(r"[.!?;:\n]+\s*|,\s+|\s+-\s+|\b(?:and|but|also|moreover)\b", re.I)
ENTRY = re.compile(r"^(?:[-*•]|\d{1,2}[.)]|#{1,6})\s+")
WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
SUFFIXES = ("ings", "ing", "edly", "ies", "ied", "ed", "es", "ly", "s", "e", "y")
STEM = 6


def words(text: str) -> list[str]:
    return [word.lower().replace("\u2019", "'") for word in WORD.findall(text)]


def stem(word: str) -> str:
    """Enough of a word to find its other forms by."""
    word = word.removesuffix("'s")
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word[:STEM]


def stems(text: str) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(word) for word in words(text) if word not in STOP and (len(word) > 1 or word.isdigit())]


def sentences(text: str) -> list[str]:
    """Sentences and list entries; headings and menus, which end without a stop, are left out where there is enough else."""
    found = [sentence for block in blocks(text) for sentence in _split(block)]
    whole = [sentence for sentence in found if sentence[-1:] in '.!?"”)\u2019' or len(sentence.split()) > 20]
    return whole or found


def blocks(text: str) -> list[str]:
    """Paragraphs and list entries, each on one line; headings and rows of tables stand alone."""
    found: list[list[str]] = [[]]
    before = ""
    for line in text.splitlines():
        bare = line.strip()
        if not bare or ENTRY.match(bare) or _stands_alone(before, bare):
            found.append([])
        if bare:
            found[-1].append(ENTRY.sub("", bare))
        before = bare
    return [" ".join(lines) for lines in found if lines]


def _stands_alone(line: str, following: str) -> bool:
    """Whether a short line without an end is a heading or a row: what follows begins anew."""
    return 0 < len(line) < 60 and line[-1] not in ".!?,;:-" and (following[:1].isupper() or following[:1].isdigit())


def clauses(text: str) -> list[str]:
    return [part.strip() for part in CLAUSE_END.split(text) if part and part.strip()]


def best(source: Sequence[str], count: int, focus: Collection[str] = ()) -> list[str]:
    """The `count` sentences that say most, in their order; what is in `focus` counts more, what was said before less."""
    left = list(dict.fromkeys(source))
    frequency = Counter(each for sentence in left for each in set(stems(sentence)))
    chosen: list[str] = []
    said: set[str] = set()
    while left and len(chosen) < count:
        top = max(left, key=lambda sentence: _weight(sentence, frequency, focus, said) - 0.001 * source.index(sentence))
        left.remove(top)
        chosen.append(top)
        said |= set(stems(top))
    return sorted(chosen, key=source.index)


def overlap(first: Iterable[str], second: Iterable[str]) -> float:
    """How much of the first's stems is in the second's, from 0 to 1."""
    own = set(first)
    return len(own & set(second)) / len(own) if own else 0.0


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words."""
    if len(text) <= limit:
        return text
    cut = text[: max(1, limit - 1)]
    return (cut[: cut.rindex(" ")] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:-") + "…"


def _split(block: str) -> list[str]:
    parts: list[str] = []
    for part in SENTENCE_END.split(block):
        if parts and ABBREVIATION.search(parts[-1]):
            parts[-1] += " " + part
        elif part.strip():
            parts.append(part.strip())
    return parts


def _weight(sentence: str, frequency: Counter[str], focus: Collection[str], said: set[str]) -> float:
    own = set(stems(sentence))
    if not own:
        return -1.0
    common = sum(log(1 + frequency[each]) * (0.3 if each in said else 1.0) for each in own)
    wanted = sum(1.0 for each in own if each in focus)
    every = words(sentence)
    share = sum(word[0].isdigit() for word in every) / len(every) if every else 0.0
    figures = 0.0 if not share else 0.6 if share < 0.35 else -2.0  # a row of a table is no sentence
    return float((common + 2.5 * wanted) / (4 + len(own)) ** 0.7) + figures - (2.0 if sentence.endswith("?") else 0.0)
