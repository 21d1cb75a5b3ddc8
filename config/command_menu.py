"""What the command menu (Ctrl/Cmd+K) finds: places to go to, workflows, runs, reviews, each by its own page's lookup."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from history.filters import Filters as RunFilters
from history.queries.pages import Place, page
from orchestrator.queries.words import Word
from orchestrator.queries.workflows import list_workflows
from reviews.queries import Filters as ReviewFilters
from reviews.queries import View, list_reviews
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action

EACH = 6
"""Hits of a kind."""
LONGEST = 100
PLACES: tuple[tuple[str | Promise, str, str, Action | None], ...] = (
    (gettext_lazy("Workflows"), "builder:workflows", "workflow", Action.see),
    (gettext_lazy("Start from a template"), "builder:templates", "plus", Action.edit_draft),
    (gettext_lazy("Runs"), "history:runs", "activity", Action.see),
    (gettext_lazy("Inbox"), "reviews:inbox", "inbox", Action.see_reviews),
    (gettext_lazy("Connections and models"), "orchestrator:connections", "plug", Action.edit_connection),
    (gettext_lazy("Limits and budgets"), "orchestrator:limits", "sliders-horizontal", Action.edit_budget),
    (gettext_lazy("Queues"), "reviews:queues", "clipboard-check", Action.edit_queue),
    (gettext_lazy("Tables"), "teams:tables", "table", Action.see),
    (gettext_lazy("Members"), "teams:members", "users", None),
    (gettext_lazy("API tokens"), "teams:tokens", "key-round", None),
    (gettext_lazy("Audit log"), "teams:audit", "scroll-text", Action.see_audit),
    (gettext_lazy("Your profile"), "teams:profile", "user", None),
    (gettext_lazy("Help"), "help", "circle-question-mark", None),
    (gettext_lazy("API documentation"), "api_docs", "code", None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A line of the menu; `word` is a run's status."""

    text: str
    url: str
    icon: str
    more: str = ""
    word: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hits of one kind."""

    title: str
    hits: tuple[Hit, ...]


@page_of_team()
@require_safe
def command_menu(request: HttpRequest, by: Caller) -> HttpResponse:
    """The fragment with what fits the words."""
    wanted = " ".join(request.GET.get("q", "").split())[:LONGEST]
    groups = [group for group in found(by, wanted, now=timezone.now()) if group.hits]
    return render(request, "config/command_menu.html", {"groups": groups, "wanted": wanted})


def found(by: Caller, wanted: str, *, now: datetime) -> Iterator[Group]:
    """Places always; objects only where the caller may see them."""
    yield Group(title=_("Go to"), hits=tuple(_places(by, wanted)))
    if by.may(Action.see):
        yield Group(title=_("Workflows"), hits=tuple(_workflows(by, wanted)))
    if by.may(Action.see) and wanted:
        yield Group(title=_("Runs"), hits=tuple(_runs(by, wanted)))
    if by.may(Action.see_reviews) and wanted:
        yield Group(title=_("Reviews"), hits=tuple(_reviews(by, wanted, now)))


def _places(by: Caller, wanted: str) -> Iterable[Hit]:
    for text, name, icon, action in PLACES:
        if (action is None or by.may(action)) and _fits(str(text), wanted):
            url = _address(name)
            if url:
                yield Hit(text=str(text), url=url, icon=icon)


def _workflows(by: Caller, wanted: str) -> Iterable[Hit]:
    if not _address("builder:workflows"):
        return
    listed = [one for one in list_workflows(team=by.team_id, after="", limit=200) if _fits(one.name, wanted)]
    for workflow in listed[:EACH]:
        yield Hit(text=workflow.name, url=reverse("builder:workflow", args=[workflow.pk]), icon="workflow")


def _runs(by: Caller, wanted: str) -> Iterable[Hit]:
    number = wanted.removeprefix("#")
    if number.isdecimal() and len(number) < 18:  # a run's id has no more digits
        place = Place(before=int(number) + 1)
        lines = [
            line for line in page(by, filters=RunFilters(), place=place, size=1).lines if line.run.id == int(number)
        ]
    else:
        lines = list(page(by, filters=RunFilters(text=wanted), place=Place(), size=EACH).lines)
    for line in lines:
        run = line.run
        text = f"{run.name} #{run.id}"
        yield Hit(text=text, url=reverse("history:run", args=[run.id]), icon="activity", word=run.word)


def _reviews(by: Caller, wanted: str, now: datetime) -> Iterable[Hit]:
    if not _address("reviews:inbox"):
        return
    for listed in list_reviews(by=by, filters=ReviewFilters(view=View.ALL, text=wanted), now=now, limit=EACH):
        review = listed.review
        yield Hit(
            text=review.title,
            url=reverse("reviews:review", args=[review.pk]),
            icon="user-check",
            more=review.queue.name,
        )


def _fits(text: str, wanted: str) -> bool:
    return all(word in text.lower() for word in wanted.lower().split())


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
