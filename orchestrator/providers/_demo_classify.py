"""The demo model's choosing: which of the described options a text speaks of, by the words that they share."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers._demo_text import STOP, clauses, stems, words

NONE_OF_THESE = frozenset(
    {"other", "others", "none", "unknown", "unclear", "general", "misc", "neither", "n/a", "undecided"}
)
ENOUGH = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: Json
    description: str = ""

    def terms(self) -> list[str]:
        """Its name and the phrases of its description."""
        name = re.sub(r"[\W_]+", " ", str(self.value)).strip()
        return [name, *(term.strip() for term in re.split(r"[,;.\n]| or ", self.description) if term.strip())]


def options_of(schema: JsonObject, said: str) -> list[Option]:
    """The options of an enum or of described constants; descriptions are also looked for in what was `said`."""
    listed = schema.get("oneOf") or schema.get("anyOf") or ()
    constants = [one for one in listed if isinstance(one, Mapping) and "const" in one]
    if constants:
        found = [
            (one["const"], f"{one.get('title', '')}, {one.get('description', '')}".strip(", ")) for one in constants
        ]
    else:
        found = [(value, "") for value in schema.get("enum", ())]
    about = f"{schema.get('description', '')}\n{said}"
    return [Option(value=value, description=text or _described(value, about)) for value, text in found]


def choose_many(options: Sequence[Option], text: str) -> list[Json]:
    """Every option that some clause of the text speaks of most; [] where none does."""
    weights = _weights(options)
    total = [_score(option, text, weights) for option in options]
    chosen: set[int] = set()
    for clause in clauses(text):
        scores = [_score(option, clause, weights) for option in options]
        top = max(scores, default=0.0)
        if top >= ENOUGH:
            chosen.add(
                max((number for number, score in enumerate(scores) if score == top), key=lambda number: total[number])
            )
    return [option.value for number, option in enumerate(options) if number in chosen and not _is_none(option)]


def choose_one(options: Sequence[Option], text: str) -> Json:
    """The option that the text speaks of most; else one that means none of the others, else None."""
    weights = _weights(options)
    scored = [(_score(option, text, weights), -number) for number, option in enumerate(options)]
    top, place = max(scored, default=(0.0, 0))
    if top >= ENOUGH:
        return options[-place].value
    return next((option.value for option in options if _is_none(option)), None)


def _is_none(option: Option) -> bool:
    return option.value is None or str(option.value).lower() in NONE_OF_THESE


def _described(value: Json, said: str) -> str:
    """What a line such as `- value: description` says of an option."""
    name = re.escape(str(value))
    line = re.search(rf"(?mi)^[\s\-*•]*[\"'`*]*{name}[\"'`*]*\s*(?:[:=\u2013\u2014]|-\s)\s*(.+)$", said)
    inside = None if line else re.search(rf"(?i)\b{name}\b\s*\(([^)]{{3,300}})\)", said)
    found = line or inside
    return found[1].strip() if found else ""


def _weights(options: Sequence[Option]) -> Counter[str]:
    """In how many options a stem occurs: what all share tells nothing."""
    return Counter(each for option in options for each in set(stems(" ".join(option.terms()))))


def _score(option: Option, text: str, weights: Counter[str]) -> float:
    plain = f" {' '.join(words(text))} "
    own = set(stems(text))
    return sum(_term_score(term, plain, own, weights) for term in option.terms())


def _term_score(term: str, plain: str, own: set[str], weights: Counter[str]) -> float:
    """A phrase that stands in the text counts whole, a part of it little."""
    parts = stems(term)
    phrase = " ".join(words(term))
    if phrase and f" {phrase} " in plain and (parts or len(phrase.split()) > 1) and phrase not in STOP:
        return 1.0 + 0.5 * max(0, len(phrase.split()) - 1)
    found = [part for part in parts if part in own]
    if not found:
        return 0.0
    rare = sum(1 / weights[part] for part in found if weights[part]) / len(found)
    return rare * (1.0 + 0.25 * (len(parts) - 1)) if len(found) == len(parts) else 0.3 * rare * len(found)
