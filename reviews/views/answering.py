"""What the views of a review share: where a request came from, and how an answer is drawn for it."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.errors import NoSuchReview
from reviews.pages import clock
from reviews.pages.asking import Asked, asked_of
from reviews.pages.inbox import read_inbox
from reviews.pages.item import Item, Posted, read_item
from teams.callers import Caller
from ui.requests import is_partial


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a review is shown: in the inbox with that list, or inside another page."""

    asked: Asked
    is_embedded: bool = False

    @property
    def query(self) -> str:
        """What the addresses of its forms end with."""
        return "embedded=1" if self.is_embedded else self.asked.query


def place_of(request: HttpRequest) -> Place:
    """Where the request came from."""
    return Place(asked=asked_of(request.GET), is_embedded="embedded" in request.GET)


def posted_of(request: HttpRequest, *, refused: str = "") -> Posted:
    """What was sent."""
    return Posted(data=request.POST, files=request.FILES, refused=refused)


def drawn(request: HttpRequest, by: Caller, item: Item, place: Place, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """The review alone for a fragment, else its page."""
    context = {"item": item, "place": place, "by": by}
    if place.is_embedded or is_partial(request):
        return render(request, "reviews/review_body.html", context, status=status)
    now = clock.now()
    listed = {"inbox": read_inbox(by=by, asked=place.asked, now=now, review=item.review.pk)}
    context |= listed | {"undoable": undoable(request, by)}
    return render(request, "reviews/review.html", context, status=status)


def undoable(request: HttpRequest, by: Caller) -> Item | None:
    """What was decided a moment ago and can be taken back: for browsers without a script, which get no toast."""
    decided = request.GET.get("decided", "")
    if not decided.isdecimal() or len(decided) > 18:
        return None
    try:
        item = read_item(by=by, review=int(decided), now=clock.now())
    except NoSuchReview:
        return None
    return item if item.may_undo else None


def tell(response: HttpResponse, name: str, **detail: object) -> HttpResponse:
    """Let the page hear of something: an event of that name."""
    events = {**json.loads(response.get("HX-Trigger", "{}")), name: detail}
    response["HX-Trigger"] = json.dumps(events)
    return response
