"""Pages of the list of runs, newest first, by keyset: a page begins beside a run, so it is stable while others start."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet, Sum

from history import search_index
from history.filters import LARGEST_ID, Filters
from history.queries.choices import trigger_word
from history.queries.chosen import chosen
from history.search_words import terms_of
from orchestrator.models import LedgerEntry, Run
from orchestrator.queries.clock import current_time
from orchestrator.queries.runs import RunRow, run_row
from teams.callers import Caller
from teams.policy import Action

SIZE = 50
HITS = 500
"""Found texts that are compared with the other filters at a time."""
MOST_HITS = 20_000
"""Found texts after which a page is not filled any further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A run in the list. `share` is its duration in percent of the longest of the page that has ended, in
    steps of five."""

    run: RunRow
    tokens: int
    seconds: float
    share: int = 0

    @property
    def trigger(self) -> str:
        """What people read for it."""
        return trigger_word(self.run.trigger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: beside this run, which is not on it. None: at the newest."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`newer` and `older` are the runs beside which the neighbouring pages begin. `is_cut`: the text was found too often to
    look at all of them."""

    lines: tuple[Line, ...]
    newer: int | None = None
    older: int | None = None
    is_cut: bool = False


def page(by: Caller, *, filters: Filters, place: Place, size: int = SIZE) -> Page:
    """One page. Raises NotAllowed."""
    by.demand(Action.see)
    is_newer = place.after is not None
    runs, is_cut = _taken(by, filters, place, size + 1)
    is_more, runs = len(runs) > size, runs[:size]
    if is_newer:
        runs.reverse()
    return Page(
        lines=_lines(by.team_id, runs),
        newer=runs[0].pk if runs and (is_more if is_newer else place.before is not None) else None,
        older=runs[-1].pk if runs and (is_newer or is_more) else None,
        is_cut=is_cut,
    )


def all_lines(by: Caller, *, filters: Filters, size: int = 500) -> Iterator[tuple[Line, ...]]:
    """Everything that fits, in pieces, for an export. Raises NotAllowed."""
    before: int | None = None
    while True:
        found = page(by, filters=filters, place=Place(before=before), size=size)
        yield found.lines
        before = found.older
        if before is None:
            return


def some_lines(by: Caller, *, runs: Sequence[int]) -> tuple[Line, ...]:
    """These runs, newest first; those of other teams are left out."""
    by.demand(Action.see)
    return _lines(by.team_id, list(chosen(by, Filters()).filter(pk__in=runs).order_by("-pk")))


def _taken(by: Caller, filters: Filters, place: Place, number: int) -> tuple[list[Run], bool]:
    rows = chosen(by, filters)
    if filters.text:
        return _with_text(by.team_id, rows, filters.text, place, number)
    return list(_beyond(rows, place)[:number]), False


def _beyond(rows: QuerySet[Run], place: Place) -> QuerySet[Run]:
    if place.after is not None:
        return rows.filter(pk__gt=place.after).order_by("pk")
    return (rows if place.before is None else rows.filter(pk__lt=place.before)).order_by("-pk")


def _with_text(team: int, rows: QuerySet[Run], text: str, place: Place, number: int) -> tuple[list[Run], bool]:
    """Found texts by the hundreds, each time compared with the other filters, until the page is full."""
    terms, is_newer = terms_of(text), place.after is not None
    beyond = place.after if place.after is not None else place.before or LARGEST_ID
    runs: list[Run] = []
    for _ in range(MOST_HITS // HITS if terms else 0):
        hits = search_index.find(team=team, terms=terms, beyond=beyond, limit=HITS, is_newer=is_newer)
        order = "pk" if is_newer else "-pk"
        runs += rows.filter(pk__in=hits).order_by(order)[: number - len(runs)] if hits else []
        if len(hits) < HITS or len(runs) >= number:
            return runs, False
        beyond = hits[-1]
    return runs, bool(terms)


def _lines(team: int, runs: Sequence[Run]) -> tuple[Line, ...]:
    now = current_time() if runs else 0.0
    tokens = _tokens(team, runs)
    lasted = {run.pk: max(0.0, (run.finished_at or now) - run.created_at) for run in runs}
    longest = max((lasted[run.pk] for run in runs if run.finished_at), default=0.0) or 1.0
    return tuple(
        Line(
            run=run_row(run),
            tokens=tokens.get(run.pk, 0),
            seconds=lasted[run.pk],
            share=min(100, max(5, round(lasted[run.pk] / longest * 20) * 5)),
        )
        for run in runs
    )


def _tokens(team: int, runs: Sequence[Run]) -> Mapping[int, int]:
    """In and out, as the vendors counted them."""
    rows = LedgerEntry.objects.of(team).filter(run__in=[run.pk for run in runs])
    found = rows.values_list("run").annotate(tokens=Sum(F("tokens_in") + F("tokens_out")))
    return {run: tokens for run, tokens in found if run is not None}
