"""What people see of reviews: the list and one of them. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from orchestrator.contract.questions import PersonQuestion
from orchestrator.engine.settle import GATE
from reviews import verdicts
from reviews.errors import NoSuchReview
from reviews.models import Claim, Review, ReviewLog, Vote
from reviews.policy import LIVE, State
from reviews.reading import stored_question
from reviews.verdicts import Verdict
from reviews.visibility import may_decide, own_queues, reviews_seen, seen
from teams.callers import Caller

MOST = 200
LAST = 5
UNDECIDED = frozenset({State.OPEN, State.CONFLICT})


class View(StrEnum):
    """Which reviews a list is about."""

    MINE = "mine"
    """Those that I hold, or decided and can still undo."""
    UNCLAIMED = "unclaimed"
    """Those of my queues that nobody holds."""
    QUEUES = "queues"
    """Those of my queues."""
    ALL = "all"
    """All that I may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows; an empty one shows everything. `states` empty: those that are live."""

    view: View = View.QUEUES
    states: frozenset[State] = frozenset()
    kind: str = ""
    queue: str = ""
    workflow: str = ""
    run: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A review in a list (its body is not loaded), and who holds it now."""

    review: Review
    claim: Claim | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCount:
    """A queue with what waits in it: how many, since when the oldest does, and how many of them the caller holds."""

    slug: str
    name: str
    waiting: int = 0
    oldest_at: datetime | None = None
    mine: int = 0
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A review with all that led to it and came of it. `rounds` are the reviews of the same step and key, oldest first."""

    review: Review
    question: PersonQuestion
    instructions: str
    verdicts: tuple[Verdict, ...]
    claim: Claim | None
    votes: tuple[Vote, ...]
    log: tuple[ReviewLog, ...]
    rounds: tuple[Review, ...]
    may_decide: bool


def list_reviews(*, by: Caller, filters: Filters, now: datetime, after: int = 0, limit: int = 50) -> tuple[Listed, ...]:
    """The oldest first, those after the review `after`, at most 200. Raises NotAllowed."""
    reviews = _chosen(reviews_seen(by), filters).filter(pk__gt=after)
    reviews = _in_view(reviews, by=by, view=filters.view, now=now)
    found = list(reviews.order_by("pk").defer("body")[: min(limit, MOST)])
    claims = _claims(by.team_id, found, now)
    return tuple(Listed(review=review, claim=claims.get(review.pk)) for review in found)


def count_reviews(*, by: Caller, filters: Filters, now: datetime) -> int:
    """How many there are: the badge of the navigation. Raises NotAllowed."""
    return _in_view(_chosen(reviews_seen(by), filters), by=by, view=filters.view, now=now).count()


def count_queues(*, by: Caller, now: datetime) -> tuple[QueueCount, ...]:
    """The queues that the caller decides or sees something of, with what is undecided there. Raises NotAllowed."""
    own = own_queues(by).values_list("slug", "name")
    found = {slug: QueueCount(slug=slug, name=name, is_own=True) for slug, name in own}
    held = Claim.objects.of(by.team_id).filter(review=OuterRef("pk"), until__gt=now, user=by.user_id)
    rows = reviews_seen(by).filter(status__in=sorted(UNDECIDED)).annotate(is_mine=Exists(held)).order_by()
    counted = rows.values("queue__slug", "queue__name").annotate(
        waiting=Count("pk"), oldest_at=Min("created_at"), mine=Count("pk", filter=Q(is_mine=True))
    )
    for slug, name, *figures in counted.values_list("queue__slug", "queue__name", "waiting", "oldest_at", "mine"):
        waiting, oldest_at, mine = figures
        found[slug] = QueueCount(
            slug=slug, name=name, is_own=slug in found, waiting=waiting, oldest_at=oldest_at, mine=mine
        )
    return tuple(sorted(found.values(), key=lambda one: one.name.lower()))


def last_decisions(*, by: Caller) -> tuple[Review, ...]:
    """The five reviews that were decided last. Raises NotAllowed."""
    decided = reviews_seen(by).filter(decided_at__isnull=False)
    return tuple(decided.order_by("-decided_at").defer("body")[:LAST])


def next_review(*, by: Caller, filters: Filters, now: datetime, after: int) -> Review | None:
    """The one that a list shows after this one; after the last, the first. Raises NotAllowed."""
    reviews = _in_view(_chosen(reviews_seen(by), filters), by=by, view=filters.view, now=now)
    left = reviews.exclude(pk=after).filter(status__in=sorted(UNDECIDED)).defer("body").order_by("pk")
    return left.filter(pk__gt=after).first() or left.first()


def review_of_question(*, question: int, by: Caller) -> int:
    """The review that was made of a step's question. Raises NoSuchReview, NotAllowed."""
    found = reviews_seen(by).filter(question=question).values_list("pk", flat=True).first()
    if found is None:
        raise NoSuchReview
    return found


def workflows_asking(*, by: Caller) -> tuple[tuple[str, str], ...]:
    """Slug and name of the workflows with something undecided. Raises NotAllowed."""
    rows = reviews_seen(by).filter(status__in=sorted(UNDECIDED)).order_by("workflow__name")
    return tuple(rows.values_list("workflow__slug", "workflow__name").distinct())


def get_review(*, review: int, by: Caller, now: datetime) -> Shown:
    """Raises NoSuchReview, NotAllowed."""
    found = seen(review, by)
    question = stored_question(kind=found.kind, path=found.path, key=found.key, body=found.body)
    rounds = reviews_seen(by).filter(run_id=found.run_id, path=found.path, key=found.key).order_by("round")
    return Shown(
        review=found,
        question=question,
        instructions=question.instructions or found.queue.instructions,
        verdicts=verdicts.verdicts_of(question, is_gate=found.key == GATE),
        claim=_claims(by.team_id, [found], now).get(found.pk),
        votes=tuple(Vote.objects.of(by.team_id).filter(review=found).order_by("pk")),
        log=tuple(ReviewLog.objects.of(by.team_id).filter(review=found).order_by("pk")),
        rounds=tuple(rounds.defer("body")),
        may_decide=may_decide(found, by),
    )


def _chosen(reviews: QuerySet[Review], filters: Filters) -> QuerySet[Review]:
    reviews = reviews.filter(status__in=sorted(filters.states or LIVE))
    if filters.kind:
        reviews = reviews.filter(kind=filters.kind)
    if filters.queue:
        reviews = reviews.filter(queue__slug=filters.queue)
    if filters.workflow:
        reviews = reviews.filter(workflow__slug=filters.workflow)
    if filters.run is not None:
        reviews = reviews.filter(run_id=filters.run)
    words = Q(title__icontains=filters.text) | Q(workflow__name__icontains=filters.text)
    return reviews.filter(words | Q(path__icontains=filters.text)) if filters.text else reviews


def _in_view(reviews: QuerySet[Review], *, by: Caller, view: View, now: datetime) -> QuerySet[Review]:
    held = Claim.objects.of(by.team_id).filter(review=OuterRef("pk"), until__gt=now)
    match view:
        case View.MINE:
            decided = Q(status=State.DECIDED, decided_by=by.user_id)
            return reviews.filter(Exists(held.filter(user=by.user_id)) | decided)
        case View.UNCLAIMED:
            return reviews.filter(~Exists(held), queue__in=own_queues(by))
        case View.QUEUES:
            return reviews.filter(queue__in=own_queues(by))
        case View.ALL:
            return reviews


def _claims(team: int, reviews: list[Review], now: datetime) -> Mapping[int, Claim]:
    held = Claim.objects.of(team).filter(review__in=[review.pk for review in reviews], until__gt=now)
    return {claim.review_id: claim for claim in held}
