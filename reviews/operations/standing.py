"""Keeps a review where it is while something is done about it, and says what happened where it is there no more."""

from django.db.models import F

from reviews import policy
from reviews.errors import AlreadyDecided, StaleReview, WrongState
from reviews.models import Review
from reviews.policy import Act, State


def stand_still(review: Review, act: Act) -> None:
    """Lock the review until the transaction ends, if the act is possible. Raises WrongState.

    By a conditional update that changes nothing: SQLite knows no other way.
    """
    rows = Review.objects.of(review.team_id).filter(pk=review.pk, status__in=policy.states_before(act))
    if not rows.update(status=F("status")):
        raise moved_on(review, act)


def moved_on(review: Review, act: Act) -> WrongState:
    """Why the act was not possible: from the review as it is now."""
    now = Review.objects.of(review.team_id).defer("body").get(pk=review.pk)
    if now.status in policy.states_before(act):
        return StaleReview(row_version=now.row_version)
    if now.decided_at is None:
        return WrongState(f"This review is {now.status}: it cannot be {act} any more.", state=now.status)
    return AlreadyDecided(
        f"{now.decided_by_name} decided this at {now.decided_at:%Y-%m-%d %H:%M:%S} UTC: {now.verdict}. "
        "Nothing was changed.",
        state=State(now.status).value,
        verdict=now.verdict,
        by=now.decided_by_name,
        at=now.decided_at.isoformat(),
    )
