"""The inbox, and its number in the navigation."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviews.pages import clock
from reviews.pages.asking import asked_of
from reviews.pages.inbox import read_inbox, waiting_for
from reviews.views.answering import undoable
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial


@page_of_team(Action.see_reviews)
@require_safe
def inbox(request: HttpRequest, by: Caller) -> HttpResponse:
    """All that waits for a decision, over all workflows."""
    found = read_inbox(by=by, asked=asked_of(request.GET), now=clock.now())
    if not is_partial(request):
        return render(request, "reviews/inbox.html", {"inbox": found, "undoable": undoable(request, by)})
    response = render(request, "reviews/inbox.html#list", {"inbox": found})
    if "live" not in request.headers.get("Baton-Refresh", ""):
        response["HX-Push-Url"] = found.url
    return response


@page_of_team(Action.see_reviews)
@require_safe
def inbox_count(_request: HttpRequest, by: Caller) -> HttpResponse:
    """The number of what waits; nothing where nothing does."""
    waiting = waiting_for(by=by, now=clock.now())
    return HttpResponse(str(waiting) if waiting else "")
