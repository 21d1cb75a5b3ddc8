"""A review: its page, its body inside another page, and how the changes that are being made would look."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from reviews import queries
from reviews.pages import clock
from reviews.pages.changes import compared
from reviews.pages.inbox import read_inbox
from reviews.pages.item import read_editor, read_item
from reviews.pages.led import value_of
from reviews.views.answering import Place, drawn, place_of, posted_of
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial

PARTS = {"list": "reviews/review.html#list", "standing": "reviews/review_standing.html"}
"""What the header Review-Part asks for alone."""


@page_of_team(Action.see_reviews)
@require_safe
def review(request: HttpRequest, by: Caller, review_id: int) -> HttpResponse:
    """The three panes: the list, what is asked, the decision."""
    place, part = place_of(request), request.headers.get("Review-Part", "") if is_partial(request) else ""
    if part == "list":
        listed = read_inbox(by=by, asked=place.asked, now=clock.now(), review=review_id)
        return render(request, PARTS[part], {"inbox": listed})
    item = read_item(by=by, review=review_id, now=clock.now(), is_original="original" in request.GET)
    if part == "standing":
        return render(request, PARTS[part], {"item": item, "place": place, "by": by})
    return drawn(request, by, item, place)


@page_of_team(Action.see_reviews)
@require_safe
def fragment(request: HttpRequest, by: Caller, review_id: int) -> HttpResponse:
    """What is asked and the decision, to stand inside another page; closed, who decided and what they changed."""
    item = read_item(by=by, review=review_id, now=clock.now(), is_original="original" in request.GET)
    return drawn(request, by, item, Place(asked=place_of(request).asked, is_embedded=True))


@page_of_team(Action.see_reviews)
@require_safe
def fragment_of_question(request: HttpRequest, by: Caller) -> HttpResponse:
    """The same by the question of a step, which is all that the page of a run knows."""
    question = request.GET.get("question", "")
    number = int(question) if question.isdecimal() and len(question) < 19 else 0
    item = read_item(by=by, review=queries.review_of_question(question=number, by=by), now=clock.now())
    return drawn(request, by, item, Place(asked=place_of(request).asked, is_embedded=True))


@page_of_team(Action.see_reviews)
@require_POST
def look(request: HttpRequest, by: Caller, review_id: int) -> HttpResponse:
    """What was typed so far, as it will be read, and what differs from the original."""
    posted = posted_of(request)
    editor = read_editor(by=by, review=review_id, posted=posted, now=clock.now())
    if editor is None or not editor.is_valid():
        return render(request, "reviews/look.html", {"editor": editor})
    value = editor.value()
    shown = {"editor": editor, "value": value_of(value), "changes": compared(editor.original, value)}
    return render(request, "reviews/look.html", shown)
