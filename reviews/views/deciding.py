"""What people do with a review: decide, take back, claim, release. Whatever is refused comes back with all that was typed."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orchestrator.engine.values import BatonError
from reviews import operations, queries
from reviews.models import Review
from reviews.pages import clock
from reviews.pages.inbox import inbox_url, read_inbox, review_url
from reviews.pages.item import Posted, read_item
from reviews.pages.sending import Rearranged, given_of
from reviews.pages.words import verdict_word
from reviews.policy import Source, State
from reviews.views.answering import Place, drawn, place_of, posted_of, tell
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound, WrongInput
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial
from ui.toasts import toast


@page_of_team(Action.decide_review)
@require_POST
def decide(request: HttpRequest, by: Caller, review_id: int) -> HttpResponse:
    """Decide it; the next one opens."""
    place, now = place_of(request), clock.now()
    seen = request.POST.get("row_version", "")
    version = int(seen) if seen.isdecimal() and len(seen) < 10 else None
    try:
        given = given_of(by=by, review=review_id, posted=posted_of(request), now=now)
        done = operations.decide(review=review_id, by=by, given=given, source=Source.PAGE, now=now, row_version=version)
    except (NotFound, NotAllowed):
        raise
    except Rearranged:
        return _again(request, by, review_id, place, refused="", status=HTTPStatus.OK)
    except WrongInput as wrong:
        return _again(request, by, review_id, place, refused=str(wrong), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except BatonError as conflict:
        return _again(request, by, review_id, place, refused=str(conflict), status=HTTPStatus.CONFLICT)
    return _went_on(request, by, done, place)


@page_of_team(Action.decide_review)
@require_POST
def undo(request: HttpRequest, by: Caller, review_id: int) -> HttpResponse:
    """Take the own decision back."""
    place = place_of(request)
    try:
        operations.undo(review=review_id, by=by, source=Source.PAGE, now=clock.now())
    except (NotFound, NotAllowed):
        raise
    except BatonError as late:
        return _refused(request, by, review_id, place, str(late))
    if "HX-Request" not in request.headers:  # the toast's button asks for no fragment, and stays where it is
        messages.success(request, _("Undone. The run still waits."))
        return redirect(_address(review_id, place))
    item = read_item(by=by, review=review_id, now=clock.now())
    body = render(request, "reviews/review_body.html", {"item": item, "place": place, "by": by})
    response = toast(body, text=_("Undone. The run still waits."))
    return tell(response, "baton:undone", url=_address(review_id, place), review=review_id)


@page_of_team(Action.decide_review)
@require_POST
def claim(request: HttpRequest, by: Caller, review_id: int) -> HttpResponse:
    """Hold it for a while, or for longer; `take_over`: also where somebody else does."""
    place, take_over = place_of(request), "take_over" in request.POST or "take_over" in request.GET
    try:
        operations.claim(review=review_id, by=by, source=Source.PAGE, now=clock.now(), take_over=take_over)
    except (NotFound, NotAllowed):
        raise
    except BatonError as refused:
        return _refused(request, by, review_id, place, str(refused))
    return _stands(request, by, review_id, place)


@page_of_team(Action.decide_review)
@require_POST
def release(request: HttpRequest, by: Caller, review_id: int) -> HttpResponse:
    """Let go of it."""
    place = place_of(request)
    try:
        operations.release(review=review_id, by=by, source=Source.PAGE, now=clock.now())
    except (NotFound, NotAllowed):
        raise
    except BatonError as refused:
        return _refused(request, by, review_id, place, str(refused))
    return _stands(request, by, review_id, place)


def _stands(request: HttpRequest, by: Caller, review_id: int, place: Place) -> HttpResponse:
    """Who holds it now. What was typed beside it stays: without a script the page comes back with it."""
    item = read_item(by=by, review=review_id, now=clock.now(), posted=_typed(request))
    if is_partial(request):
        return render(request, "reviews/review_standing.html", {"item": item, "place": place, "by": by})
    return drawn(request, by, item, place) if item.editor else redirect(_address(review_id, place))


def _typed(request: HttpRequest) -> Posted | None:
    return posted_of(request) if "row_version" in request.POST else None


def _again(
    request: HttpRequest, by: Caller, review_id: int, place: Place, *, refused: str, status: int
) -> HttpResponse:
    """The same review with what was typed and why it was not carried out."""
    item = read_item(by=by, review=review_id, now=clock.now(), posted=posted_of(request, refused=refused))
    return drawn(request, by, item, place, status=status)


def _refused(request: HttpRequest, by: Caller, review_id: int, place: Place, why: str) -> HttpResponse:
    if "HX-Request" not in request.headers:
        messages.error(request, why)
        return redirect(_address(review_id, place))
    item = read_item(by=by, review=review_id, now=clock.now(), posted=_typed(request))
    context = {"item": item, "place": place, "by": by}
    response = render(request, "reviews/review_standing.html", context, status=HTTPStatus.CONFLICT)
    return toast(response, text=why, tone="error")


def _went_on(request: HttpRequest, by: Caller, done: Review, place: Place) -> HttpResponse:
    """Shows what comes next, and lets what was decided be taken back for a while."""
    if place.is_embedded:
        shown = drawn(request, by, read_item(by=by, review=done.pk, now=clock.now()), place)
        return tell(shown, "baton:decided", review=done.pk)
    following = queries.next_review(by=by, filters=place.asked.filters, now=clock.now(), after=done.pk)
    if not is_partial(request):
        return _led_on(request, done, following, place)
    if following is None:
        listed = read_inbox(by=by, asked=place.asked, now=clock.now())
        response = render(request, "reviews/review_done.html", {"inbox": listed})
        response["HX-Push-Url"] = inbox_url(place.asked)
    else:
        response = drawn(request, by, read_item(by=by, review=following.pk, now=clock.now()), place)
        response["HX-Push-Url"] = review_url(following.pk, place.asked)
    tell(response, "baton:decided", review=done.pk)
    return _told(response, done, place)


def _told(response: HttpResponse, done: Review, place: Place) -> HttpResponse:
    text = f"{_(verdict_word(done.verdict).text)}: {done.title}"
    if done.status != State.DECIDED or done.apply_at is None or done.decided_at is None:
        return toast(response, text=text)
    seconds = int((done.apply_at - done.decided_at).total_seconds())
    return toast(response, text=text, undo_url=_do(done.pk, "undo", place), seconds=seconds)


def _led_on(request: HttpRequest, done: Review, following: Review | None, place: Place) -> HttpResponse:
    can_be_undone = {"decided": str(done.pk)} if done.status == State.DECIDED else {}
    if not can_be_undone:
        messages.success(request, f"{_(verdict_word(done.verdict).text)}: {done.title}")
    if following is None:
        return redirect(inbox_url(place.asked, **can_be_undone))
    return redirect(review_url(following.pk, place.asked, **can_be_undone))


def _address(review_id: int, place: Place) -> str:
    return review_url(review_id, place.asked)


def _do(review_id: int, verb: str, place: Place) -> str:
    return reverse(f"reviews:{verb}", args=[review_id]) + (f"?{place.query}" if place.query else "")
