"""What a list of runs shows: one frozen value, read from a query string. Pure: no Django, no database.

Names that are not known here change nothing. A value that cannot be used is a fault with a sentence that says what to write;
a list with faults shows no rows, because other rows than those that were asked for would look like an answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from urllib.parse import urlencode

STATUSES = ("queued", "running", "waiting", "paused", "failing", "failed", "succeeded", "cancelled")
MICRO = 1_000_000
LARGEST_ID = 2**63 - 1
MOST_DOLLARS = 1_000_000
LONGEST_TEXT = 200
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which runs; an empty one means all. Money is micro-dollars, durations are seconds, moments seconds since the epoch."""

    statuses: tuple[str, ...] = ()
    workflow: str = ""
    """A slug."""
    version: int | None = None
    """The number of a version of that workflow."""
    person: int | None = None
    trigger: str = ""
    cost_from: int | None = None
    cost_to: int | None = None
    seconds_from: float | None = None
    seconds_to: float | None = None
    since: float | None = None
    until: float | None = None
    """The first moment that no longer counts."""
    waits_for_me: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A value that cannot be used: the parameter, and what to write instead."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters, what was written (so that the form shows it again), and what was wrong with it."""

    filters: Filters = field(default_factory=Filters)
    given: tuple[tuple[str, str], ...] = ()
    faults: tuple[Fault, ...] = ()

    def query(self) -> str:
        """The same filters as a query string, without the page."""
        return urlencode(self.given)

    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.given)

    def written(self) -> dict[str, str]:
        """What stands in each field of the form; of the statuses use `filters.statuses`."""
        return dict(self.given)

    def faulty(self) -> dict[str, str]:
        """What to say at each field of the form."""
        return {fault.name: fault.text for fault in self.faults}


class _Wrong(ValueError):
    """What was written cannot be used; the text says what to write."""


def read(query: Mapping[str, Sequence[str]], *, zone: tzinfo = UTC) -> Asked:
    """The filters of a query string. Dates are days in `zone`."""
    reading = _Reading(query)
    filters = Filters(
        statuses=reading.statuses(),
        workflow=reading.text("workflow"),
        version=reading.one("version", _number("a version's number, such as 3")),
        person=reading.one("by", _number("a person from the list")),
        trigger=reading.text("trigger"),
        cost_from=reading.one("cost_from", _money),
        cost_to=reading.one("cost_to", _money),
        seconds_from=reading.one("longer", _seconds),
        seconds_to=reading.one("shorter", _seconds),
        since=reading.one("since", lambda text: _day(text, zone).timestamp()),
        until=reading.one("until", lambda text: (_day(text, zone) + timedelta(days=1)).timestamp()),
        waits_for_me=reading.one("waits", _for_me) or False,
        text=reading.text("q"),
    )
    reading.check_ranges(filters)
    return Asked(filters=filters, given=tuple(reading.given), faults=tuple(reading.faults))


@dataclass(slots=True)
class _Reading:
    """Goes through the parameters once and notes what was given and what is wrong."""

    query: Mapping[str, Sequence[str]]
    given: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def text(self, name: str) -> str:
        """The last value, as browsers have it; empty where there is none."""
        return self.one(name, _short) or ""

    def one(self, name: str, convert: Callable[[str], Value]) -> Value | None:
        text = next(reversed(self.query.get(name, [])), "").strip()
        if not text:
            return None
        self.given.append((name, text))
        try:
            return convert(text)
        except _Wrong as wrong:
            self.faults.append(Fault(name=name, text=str(wrong)))
            return None

    def statuses(self) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(text for text in self.query.get("status", []) if text))
        self.given += [("status", text) for text in found]
        if unknown := [text for text in found if text not in STATUSES]:
            told = f"There is no status {unknown[0]!r}. Choose of: {', '.join(STATUSES)}."
            self.faults.append(Fault(name="status", text=told))
        return found

    def check_ranges(self, found: Filters) -> None:
        """A range that nothing can be in is a slip of the pen."""
        ranges = (
            ("cost_to", found.cost_from, found.cost_to, "The largest cost is below the smallest. Exchange them."),
            ("shorter", found.seconds_from, found.seconds_to, "The longest time is below the shortest. Exchange them."),
            ("until", found.since, found.until, "The last day is before the first. Exchange them."),
        )
        for name, low, high, told in ranges:
            if low is not None and high is not None and high < low:
                self.faults.append(Fault(name=name, text=told))
        if found.version is not None and not found.workflow:
            self.faults.append(Fault(name="version", text="Choose the workflow that this is a version of."))


def _short(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise _Wrong(f"Write at most {LONGEST_TEXT} characters.")
    return text


def _number(what: str) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_ID):
            raise _Wrong(f"Choose {what}.")
        return int(text)

    return convert


def _money(text: str) -> int:
    try:
        amount = Decimal(text.removeprefix("$").strip())
    except InvalidOperation:
        raise _Wrong("Write an amount in dollars, such as 0.25.") from None
    if not (amount.is_finite() and 0 <= amount <= MOST_DOLLARS):
        raise _Wrong(f"Write an amount between 0 and {MOST_DOLLARS:,} dollars.")
    return round(amount * MICRO)


def _seconds(text: str) -> float:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ").strip()
    unit = text[len(digits) :].strip() or "s"
    try:
        amount = float(digits)
    except ValueError:
        raise _Wrong("Write a time such as 30 s, 5 min, 2 h or 1 d.") from None
    if unit not in _UNITS or not 0 <= amount < 10**7:  # years
        raise _Wrong("Write a time such as 30 s, 5 min, 2 h or 1 d.")
    return amount * _UNITS[unit]


def _day(text: str, zone: tzinfo) -> datetime:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        raise _Wrong("Write a day as year-month-day, such as 2026-11-21.") from None
    if not 2000 <= day.year < 9999:
        raise _Wrong("Write a day of this century, such as 2026-11-21.")
    return day


def _for_me(text: str) -> bool:
    if text != "me":
        raise _Wrong("Write waits=me for runs that wait for you, or leave it out.")
    return True
