"""The demo model's finding: dates, amounts, addresses, identifiers and labelled values in texts and data."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from orchestrator.engine.values import Json
from orchestrator.providers._demo_request import Section, Task, scalars
from orchestrator.providers._demo_text import overlap, sentences, stems

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
LINK = re.compile(r"https?://[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]")
FILE = re.compile(r"\bfile:[\w-]+")
IDENTIFIER = re.compile(r"\b(?=[A-Z0-9/-]*\d)[A-Z]{1,6}[-/]?\d{2,}(?:[-/]\w+)*\b")
PHONE = re.compile(r"\+\d[\d ()/-]{6,}\d")
NUMBER = re.compile(r"(?<![\w.,-])[-+]?\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?(?!\w)|(?<![\w.,])[-+]?\d+(?:\.\d+)?(?![\w-])")
MONTH = "|".join(MONTHS)
DATE = re.compile(
    r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\.? (?P<n2>{MONTH})(?: (?P<y2>\d{{4}}))?\b"
    rf"|\b(?P<n3>{MONTH}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?(?:, (?P<y3>\d{{4}}))?\b"
    r"|\b(?P<d4>\d{1,2})[./](?P<m4>\d{1,2})[./](?P<y4>\d{4})\b",
    re.I,
)
CURRENCY = re.compile(r"\b(EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CAD|AUD)\b|([€$£])")
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
NAME = re.compile(r"\b[A-ZÄÖÜÉ][\w'\u2019-]+(?: (?:[A-Z]\.|de|van|von|of|[A-ZÄÖÜÉ][\w'\u2019-]+))+")
LABELLED = re.compile(
    r"^[\s\-*•|]*(?P<label>[A-Za-z][\w .()/#-]{0,40}?)\s*(?:[:=|]|\bis\b)\s*(?P<value>[^\n|]{1,300})", re.M
)


def labelled_value(task: Task, name: str) -> Json:
    """The value under a label or key that has the words of `name`; None where there is none."""
    wanted = set(stems(name.replace("_", " ")))
    found = [(_fit(wanted, label), value) for label, value in _pairs(task)]
    best = max(found, key=lambda each: each[0], default=(0.0, None))
    return best[1] if best[0] >= 0.5 else None


def first_date(text: str) -> str | None:
    """The first date as ISO 8601; one without a year is left alone."""
    return next(iter(dates(text)), None)


def dates(text: str) -> Iterator[str]:
    for match in DATE.finditer(text):
        year, month, day = _parts(match)
        try:
            yield date(year, month, day).isoformat()
        except ValueError:
            continue


def numbers(text: str) -> list[float]:
    """The numbers of a text that are no part of dates and identifiers."""
    bare = IDENTIFIER.sub(" ", DATE.sub(" ", text))
    return [float(re.sub(r"[ ,]", "", match)) for match in NUMBER.findall(bare)]


def number_for(task: Task, name: str, description: str) -> float | None:
    """The number that stands nearest to the words of its name."""
    value = labelled_value(task, name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and numbers(value):
        return numbers(value)[0]
    wanted = stems(f"{name.replace('_', ' ')} {description}")
    lines = [line for section in task.material() for line in sentences(section.text) if numbers(line)]
    top = max(lines, key=lambda line: overlap(wanted, stems(line)), default="")
    return _nearest(top, wanted) if overlap(wanted, stems(top)) > 0 else None


def currency(text: str) -> str | None:
    match = CURRENCY.search(text)
    return (match[1] or SIGNS[match[2]]) if match else None


def person(text: str) -> str:
    """The name under a message, or in its greeting of itself; "" where there is none."""
    lines = [line.strip(" ,.!-") for line in text.strip().splitlines() if line.strip()]
    last = (
        re.split(r"(?:thanks|regards|wishes|cheers|yours|sincerely)[,.! ]+", lines[-1], flags=re.I)[-1].strip()
        if lines
        else ""
    )
    if re.fullmatch(r"[A-ZÄÖÜÉ][\w'\u2019-]+(?: [A-ZÄÖÜÉ][\w'\u2019-]+){0,2}", last):
        return last
    match = re.search(r"(?:my name is|this is|I am|I'm) ([A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+)?)", text)
    return match[1] if match else ""


def names(text: str) -> list[str]:
    """Capitalised phrases of several words."""
    return list(dict.fromkeys(match.strip() for match in NAME.findall(text)))


def _pairs(task: Task) -> Iterator[tuple[str, Json]]:
    for section in task.material():
        if section.is_data:
            yield from scalars(section.data)
        else:
            yield from _pairs_of_text(section)


def _pairs_of_text(section: Section) -> Iterator[tuple[str, Json]]:
    if section.label and len(section.text.split()) <= 12:
        yield section.label, section.text
    for match in LABELLED.finditer(section.text):
        if len(match["label"].split()) <= 5:
            yield match["label"], match["value"].strip()


def _fit(wanted: set[str], label: str) -> float:
    own = set(stems(re.sub(r"[._]", " ", label)))
    return len(wanted & own) / len(wanted | own) if wanted and own else 0.0


def _nearest(line: str, wanted: list[str]) -> float | None:
    bare = IDENTIFIER.sub(lambda match: " " * len(match[0]), DATE.sub(lambda match: " " * len(match[0]), line))
    places = [match.start() for match in re.finditer(r"\w+", line) if set(stems(match[0])) & set(wanted)]
    found = [
        (min((abs(match.start() - place) for place in places), default=0), match[0]) for match in NUMBER.finditer(bare)
    ]
    return float(re.sub(r"[ ,]", "", min(found)[1])) if found else None


def _parts(match: re.Match[str]) -> tuple[int, int, int]:
    given: Mapping[str, str | None] = match.groupdict()
    name = given["n2"] or given["n3"]
    month = MONTHS.index(name.lower()) + 1 if name else int(given["m"] or given["m4"] or 0)
    year = given["y"] or given["y2"] or given["y3"] or given["y4"] or 0
    return int(year), month, int(given["d"] or given["d2"] or given["d3"] or given["d4"] or 0)
