"""Who sees and who decides which reviews. In which state what is possible is another question: reviews.policy.

Whoever may see runs sees all reviews of the team; a reviewer those of the own queues. Every member of its queue decides a
review, whatever the role; one of a budget only who may set budgets.
"""

from django.db.models import Q, QuerySet

from orchestrator.contract.questions import Kind
from reviews.errors import NoSuchReview, NotInQueue
from reviews.models import Queue, Review
from teams.callers import Caller
from teams.policy import Action


def own_queues(by: Caller) -> QuerySet[Queue]:
    """The queues that the caller is a member of."""
    queues = Queue.objects.of(by.team_id)
    if by.member_id is None:
        return queues.none()
    listed = Queue.objects.of(by.team_id).filter(members=by.member_id).values("pk")
    return queues.filter(Q(is_restricted=False) | Q(pk__in=listed))


def reviews_seen(by: Caller) -> QuerySet[Review]:
    """The reviews that the caller may see. Raises NotAllowed."""
    by.demand(Action.see_reviews)
    reviews = Review.objects.of(by.team_id).select_related("queue", "workflow", "version", "run")
    return reviews if by.may(Action.see) else reviews.filter(queue__in=own_queues(by))


def seen(review: int, by: Caller) -> Review:
    """That review. Raises NoSuchReview where the caller may not know of it."""
    found = reviews_seen(by).filter(pk=review).first()
    if found is None:
        raise NoSuchReview(f"There is no review {review} that you could see.", review=review)
    return found


def decidable(review: int, by: Caller) -> Review:
    """That review, for somebody who may claim and decide it. Raises NoSuchReview, NotInQueue, NotAllowed."""
    by.demand(Action.decide_review)
    found = seen(review, by)
    if not own_queues(by).filter(pk=found.queue_id).exists():
        raise NotInQueue(
            f"You are no member of the queue {found.queue.name!r}. Ask a publisher of the team to add you to it.",
            queue=found.queue.slug,
        )
    if found.kind == Kind.BUDGET:
        by.demand(Action.edit_budget)
    return found


def may_decide(review: Review, by: Caller) -> bool:
    """Whether the caller may claim and decide a review that they see."""
    is_allowed = by.may(Action.decide_review) and (review.kind != Kind.BUDGET or by.may(Action.edit_budget))
    return is_allowed and own_queues(by).filter(pk=review.queue_id).exists()
