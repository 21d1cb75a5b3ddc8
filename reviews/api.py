"""REST routes of reviews and their queues. Each parses, makes one call, answers."""

from datetime import UTC, datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from orchestrator.contract.questions import Kind
from orchestrator.operations import upkeep
from reviews import operations, queries
from reviews.models import Queue
from reviews.policy import Source, State
from reviews.queries import Filters, View
from reviews.schemas import (
    ClaimIn,
    ClaimOut,
    Decided,
    DecisionIn,
    QueueIn,
    QueueOut,
    QueuePage,
    ReviewOut,
    ReviewPage,
    ReviewWhole,
)
from reviews.verdicts import Given
from teams.policy import Action
from teams.routes import Demanding, caller, repeatable

router = Router(tags=["reviews"])


class Wanted(Schema):
    """Which reviews a list shows, and which page of it."""

    view: View = View.ALL
    status: list[State] = []
    kind: Kind | None = None
    queue: str = ""
    workflow: str = ""
    run: int | None = None
    text: str = ""
    after: int = 0
    limit: int = Field(50, ge=1, le=200)

    def filters(self) -> Filters:
        return Filters(
            view=self.view,
            states=frozenset(self.status),
            kind=self.kind.value if self.kind else "",
            queue=self.queue,
            workflow=self.workflow,
            run=self.run,
            text=self.text,
        )


def _now() -> datetime:
    """On the database's clock, as claims and decisions are."""
    return datetime.fromtimestamp(upkeep.clock(), UTC)


def _url(request: HttpRequest, review: int) -> str:
    return request.build_absolute_uri(reverse("api:get_review", args=[review]))


@router.get("/reviews", auth=Demanding(Action.see_reviews), response=ReviewPage)
def list_reviews(request: HttpRequest, wanted: Annotated[Wanted, Query()]) -> ReviewPage:
    """The reviews that you may see, those that wait unless `status` says otherwise."""
    found = queries.list_reviews(
        by=caller(request), filters=wanted.filters(), now=_now(), after=wanted.after, limit=wanted.limit
    )
    shown = [ReviewOut.of(one, url=_url(request, one.review.pk)) for one in found]
    return ReviewPage(items=shown, next=shown[-1].id if len(shown) == wanted.limit else None)


@router.get(
    "/reviews/{review_id}",
    auth=Demanding(Action.see_reviews),
    response=ReviewWhole,
    by_alias=True,
    url_name="get_review",
)
def get_review(request: HttpRequest, review_id: int) -> ReviewWhole:
    """A review with what is asked, what led to it and what may be decided."""
    shown = queries.get_review(review=review_id, by=caller(request), now=_now())
    return ReviewWhole.whole(shown, url=_url(request, review_id))


@router.post("/reviews/{review_id}/claim", auth=Demanding(Action.decide_review), response=ClaimOut)
def claim(request: HttpRequest, review_id: int, body: ClaimIn) -> HttpResponse:
    """Hold the review for a quarter of an hour; claim it again to hold it longer."""

    def make() -> ClaimOut:
        by, source = caller(request), Source.API
        held = operations.claim(review=review_id, by=by, source=source, now=_now(), take_over=body.take_over)
        return ClaimOut.of(held)

    return repeatable(request, make)


@router.post("/reviews/{review_id}/release", auth=Demanding(Action.decide_review), response={204: None})
def release(request: HttpRequest, review_id: int) -> None:
    """Let go of it."""
    operations.release(review=review_id, by=caller(request), source=Source.API, now=_now())


@router.post("/reviews/{review_id}/decide", auth=Demanding(Action.decide_review), response=Decided)
def decide(request: HttpRequest, review_id: int, body: DecisionIn) -> HttpResponse:
    """Decide it, once: the run goes on at once. Send an Idempotency-Key: a repeated request gets the same answer; who
    decides after somebody else gets 409 with the winner's name."""
    given = Given(verdict=body.verdict, value=body.value, comment=body.comment, reason=body.reason, port=body.port)

    def make() -> Decided:
        by, source = caller(request), Source(body.source)
        seen = body.row_version
        return Decided.of(
            operations.decide(review=review_id, by=by, given=given, source=source, now=_now(), row_version=seen)
        )

    return repeatable(request, make)


@router.post("/reviews/{review_id}/undo", auth=Demanding(Action.decide_review), response=Decided)
def undo(request: HttpRequest, review_id: int) -> HttpResponse:
    """Take your own decision back while the run does not know it."""

    def make() -> Decided:
        return Decided.of(operations.undo(review=review_id, by=caller(request), source=Source.API, now=_now()))

    return repeatable(request, make)


@router.get("/queues", auth=Demanding(Action.see), response=QueuePage)
def list_queues(request: HttpRequest) -> QueuePage:
    """The team's queues."""
    found = Queue.objects.of(caller(request).team_id).prefetch_related("members").order_by("slug")
    return QueuePage(items=[QueueOut.of(queue) for queue in found])


@router.put("/queues/{slug}", auth=Demanding(Action.edit_queue), response=QueueOut)
def save_queue(request: HttpRequest, slug: str, body: QueueIn) -> QueueOut:
    """Make the queue of that slug, or change it."""
    settings = body.settings(slug)
    return QueueOut.of(operations.save_queue(by=caller(request), settings=settings, now=timezone.now()))
