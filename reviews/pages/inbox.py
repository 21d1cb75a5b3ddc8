"""The inbox: the list that the address asks for, the queues beside it with what waits there, the last decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from orchestrator.contract.questions import Kind
from orchestrator.queries.words import Word
from reviews import queries
from reviews.models import Claim, Review
from reviews.pages.asking import Asked
from reviews.pages.words import KINDS, verdict_word
from reviews.policy import State
from reviews.queries import UNDECIDED, Filters, Listed, QueueCount, View
from teams.callers import Caller
from teams.policy import Action

PAGE = 50
VIEWS = ((View.QUEUES, _("My queues")), (View.UNCLAIMED, _("Unclaimed")), (View.MINE, _("Mine")), (View.ALL, _("All")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A review in the list."""

    review: Review
    claim: Claim | None
    kind: Word
    url: str
    is_mine: bool
    is_current: bool
    is_overdue: bool
    decided: Word | None

    @property
    def step(self) -> str:
        """Where in the run; the round where it is a further one."""
        return self.review.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A view or a queue to look at."""

    text: str
    url: str
    count: int
    is_current: bool
    queue: QueueCount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The page; `review` is the one that is open."""

    asked: Asked
    rows: tuple[Row, ...]
    views: tuple[Choice, ...]
    queues: tuple[Choice, ...]
    workflows: tuple[tuple[str, str], ...]
    last: tuple[tuple[Review, Word], ...]
    older_url: str
    may_edit_queues: bool

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What a list can be narrowed to."""
        return [(kind.value, KINDS[kind].text) for kind in Kind]

    @property
    def url(self) -> str:
        """The address of this list."""
        return inbox_url(self.asked)


def read_inbox(*, by: Caller, asked: Asked, now: datetime, review: int = 0) -> Inbox:
    """Raises NotAllowed."""
    found = queries.list_reviews(by=by, filters=asked.filters, now=now, after=asked.after, limit=PAGE)
    counts = queries.count_queues(by=by, now=now)
    return Inbox(
        asked=asked,
        rows=tuple(_row(one, asked, by=by, now=now, review=review) for one in found),
        views=tuple(_views(asked, by=by, now=now)),
        queues=tuple(_queue(one, asked) for one in counts),
        workflows=queries.workflows_asking(by=by),
        last=_last(by) if not found else (),
        older_url=inbox_url(asked, after=str(found[-1].review.pk)) if len(found) == PAGE else "",
        may_edit_queues=by.may(Action.edit_queue),
    )


def inbox_url(asked: Asked, **changed: str) -> str:
    """The address of a list."""
    query = asked.query_with(**changed)
    return f"{reverse('reviews:inbox')}?{query}" if query else reverse("reviews:inbox")


def review_url(review: int, asked: Asked, **changed: str) -> str:
    """The address of a review in that list."""
    query = asked.query_with(**changed)
    return reverse("reviews:review", args=[review]) + (f"?{query}" if query else "")


def waiting_for(*, by: Caller, now: datetime) -> int:
    """How many reviews wait in the caller's queues: the number in the navigation. Raises NotAllowed."""
    return queries.count_reviews(by=by, filters=Filters(states=UNDECIDED), now=now)


def _row(found: Listed, asked: Asked, *, by: Caller, now: datetime, review: int) -> Row:
    one = found.review
    return Row(
        review=one,
        claim=found.claim,
        kind=KINDS[one.kind],
        url=review_url(one.pk, asked),
        is_mine=found.claim is not None and found.claim.user_id == by.user_id,
        is_current=one.pk == review,
        is_overdue=one.due_at is not None and one.due_at < now,
        decided=verdict_word(one.verdict) if one.status == State.DECIDED else None,
    )


def _views(asked: Asked, *, by: Caller, now: datetime) -> Sequence[Choice]:
    return [
        Choice(
            text=text,
            url=inbox_url(asked, view="" if view is View.QUEUES else view.value, queue=""),
            count=queries.count_reviews(by=by, filters=Filters(view=view, states=UNDECIDED), now=now),
            is_current=asked.filters.view is view and not asked.filters.queue,
        )
        for view, text in VIEWS
        if view is not View.ALL or by.may(Action.see)
    ]


def _queue(one: QueueCount, asked: Asked) -> Choice:
    view = "" if one.is_own else View.ALL.value
    anywhere = replace(asked, filters=replace(asked.filters, view=View.QUEUES))
    return Choice(
        text=one.name,
        url=inbox_url(anywhere, queue=one.slug, view=view),
        count=one.waiting,
        is_current=asked.filters.queue == one.slug,
        queue=one,
    )


def _last(by: Caller) -> tuple[tuple[Review, Word], ...]:
    return tuple((review, verdict_word(review.verdict)) for review in queries.last_decisions(by=by))
