"""What the page of runs shows, put together for its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext_noop

from history.filters import STATUSES, Asked
from history.operations.bulk import Item
from history.queries.choices import TRIGGERS, Choice, Choices
from history.queries.pages import Page, Place
from orchestrator.queries.words import Word, run_word
from teams.callers import Caller
from teams.policy import Action

WRITTEN = (
    ("since", gettext_noop("From"), "date", ""),
    ("until", gettext_noop("To"), "date", ""),
    ("longer", gettext_noop("Longer than"), "text", "30 s"),
    ("shorter", gettext_noop("Shorter than"), "text", "5 min"),
    ("cost_from", gettext_noop("Costs from, $"), "text", "0.01"),
    ("cost_to", gettext_noop("Costs to, $"), "text", "1"),
    ("version", gettext_noop("Version"), "text", "3"),
)
"""Name, label, type and an example of the filters that are written."""
FOLDED = frozenset([*(name for name, *_ in WRITTEN), "trigger"])
"""Filters that stand behind "More filters"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusBox:
    """A status that can be ticked."""

    value: str
    word: Word
    is_on: bool


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The page with its filters. `items` is what came of an action on several runs, a moment ago."""

    by: Caller
    asked: Asked
    place: Place
    page: Page
    items: Sequence[Item] = ()
    action: str = ""

    @property
    def written(self) -> Mapping[str, str]:
        return self.asked.written()

    @property
    def faulty(self) -> Mapping[str, str]:
        return self.asked.faulty()

    @property
    def statuses(self) -> list[StatusBox]:
        chosen = self.asked.filters.statuses
        return [StatusBox(value=value, word=run_word(value), is_on=value in chosen) for value in STATUSES]

    @property
    def folded(self) -> int:
        """How many of the filters behind "More filters" are set."""
        return len(FOLDED & dict(self.asked.given).keys())

    @property
    def may_cancel(self) -> bool:
        return self.by.may(Action.control_run)

    @property
    def may_rerun(self) -> bool:
        return self.by.may(Action.start_run)

    @property
    def may_act(self) -> bool:
        return self.may_cancel or self.may_rerun

    @cached_property
    def done(self) -> list[Item]:
        return [item for item in self.items if not item.problem]

    @cached_property
    def refused(self) -> list[Item]:
        return [item for item in self.items if item.problem]

    @property
    def url(self) -> str:
        """This very page."""
        return _url("history:runs", self.asked, before=self.place.before, after=self.place.after)

    @property
    def bulk_url(self) -> str:
        return _url("history:bulk", self.asked, before=self.place.before, after=self.place.after)

    @property
    def newer_url(self) -> str:
        return _url("history:runs", self.asked, after=self.page.newer) if self.page.newer else ""

    @property
    def older_url(self) -> str:
        return _url("history:runs", self.asked, before=self.page.older) if self.page.older else ""

    @property
    def csv_url(self) -> str:
        return _query(reverse("history:export", args=["csv"]), self.asked.query())

    @property
    def json_url(self) -> str:
        return _query(reverse("history:export", args=["json"]), self.asked.query())

    @property
    def is_newest(self) -> bool:
        return self.place == Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A filter to write in: what stands there, and what is wrong with it."""

    name: str
    label: str
    type: str
    example: str
    value: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The form of the filters, for a whole page."""

    choices: Choices
    asked: Asked

    @property
    def triggers(self) -> Sequence[Choice]:
        return TRIGGERS

    @property
    def fields(self) -> list[Field]:
        written, faulty = self.asked.written(), self.asked.faulty()
        return [
            Field(
                name=name,
                label=label,
                type=kind,
                example=example,
                value=written.get(name, ""),
                problem=faulty.get(name, ""),
            )
            for name, label, kind, example in WRITTEN
        ]


def _url(name: str, asked: Asked, *, before: int | None = None, after: int | None = None) -> str:
    parts = [asked.query(), f"before={before}" if before else "", f"after={after}" if after else ""]
    return _query(reverse(name), "&".join(part for part in parts if part))


def _query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
