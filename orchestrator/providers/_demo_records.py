"""The demo model's telling: records as sentences, those first that the request is about."""

import re
from collections.abc import Collection, Mapping, Sequence

from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers._demo_text import overlap, sentences, stems

LONG = 6
DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
AMOUNT = frozenset({"amount", "price", "total", "sum", "cost", "fee"})


def relevant(rows: Sequence[JsonObject], focus: Collection[str], count: int) -> list[JsonObject]:
    """The rows that share most words with the focus, in their order; all of them where they are few."""
    if len(rows) <= count:
        return list(rows)
    ranked = sorted(rows, key=lambda row: -overlap(focus, stems(" ".join(map(str, row.values())))))
    chosen = [id(row) for row in ranked[:count]]
    return [row for row in rows if id(row) in chosen]


def told(row: JsonObject, known: Collection[str] = ()) -> str:
    """A record as prose: its first field names it, short fields are listed, long ones speak for themselves.

    Values in `known` were said in the request and are left out.
    """
    fields = [(key, value) for key, value in _joined(row) if str(value).strip() and str(value) not in known]
    short = [(key, value) for key, value in fields if not is_long(value)]
    long = [_sentence(str(value)) for _, value in fields if is_long(value)]
    if not short:
        return " ".join(long)
    head = _named(*short[0])
    rest = ", ".join(f"{_plain(key)} {_value(value)}" for key, value in short[1:])
    return " ".join([_sentence(f"{head}: {rest}" if rest else head), *long])


def facts_for(row: JsonObject, focus: Collection[str], count: int) -> list[str]:
    """The fields of a record that the focus asks for, each as a sentence: long ones as they are, short ones with their name."""
    weights = {key: _asked(key, value, focus) for key, value in row.items()}
    best = sorted((key for key in row if weights[key] >= 1), key=lambda key: -weights[key])[:count]
    return [_fact(key, value) for key, value in row.items() if key in best]


def _asked(key: str, value: Json, focus: Collection[str]) -> float:
    """How much the focus asks for a field. Who it is about is in the greeting, and numbers of records tell a reader nothing."""
    bare = not str(value).strip() or isinstance(value, dict | list)
    if (
        bare
        or re.search(r"(?:^|_)(?:id|name|key)$", key, re.I)
        or (re.fullmatch(r"\S*[@\d]\S*", str(value)) and not DAY.match(str(value)))
    ):
        return 0.0
    shared = len(set(stems(str(value))) & set(focus)) if is_long(value) else 0
    return 1.5 * len(set(stems(_plain(key))) & set(focus)) + (shared if shared > 1 else 0)


def _fact(key: str, value: Json) -> str:
    return _sentence(str(value)) if is_long(value) else _sentence(f"{_plain(key).capitalize()}: {_value(value)}")


def is_long(value: Json) -> bool:
    return isinstance(value, str) and len(value.split()) >= LONG


def lines_of(value: Json) -> list[str]:
    """Sentences of a text field, or its lines where it is a list."""
    return sentences(str(value))


def _joined(row: JsonObject) -> list[tuple[str, Json]]:
    """Amounts with their currency, so that they are told together."""
    unit = next((value for key, value in row.items() if key.lower() == "currency"), None)
    fields = [(key, value) for key, value in row.items() if not (unit and key.lower() == "currency")]
    return [
        (key, f"{value} {unit}" if unit and set(re.split(r"[\W_]+", key.lower())) & AMOUNT else value)
        for key, value in fields
    ]


def _named(key: str, value: Json) -> str:
    return f"{_plain(key).capitalize()} {_value(value)}"


def _plain(key: str) -> str:
    return re.sub(r"[_\-.]+", " ", key).strip().lower()


def _value(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_plain(key)} {_value(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return str(value).strip()


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in ".!?" else f"{text}."
