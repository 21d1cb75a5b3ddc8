"""What may go wrong with a review. Each refusal is also one of the kinds that every edge knows how to answer. Pure.

Refusals that a decision of somebody else caused name the winner: in the message and in `data`.
"""

from orchestrator.engine.values import BatonError
from teams.errors import Conflict, NotAllowed, NotFound, WrongInput


class ReviewsError(BatonError):
    """Something about a review went wrong that can be named."""

    code = "reviews_error"


class NoSuchReview(ReviewsError, NotFound):
    """There is no such review, or it is not yours to see."""

    code = "no_such_review"


class WrongQueue(ReviewsError, WrongInput):
    """A queue cannot be like this."""

    code = "wrong_queue"


class NotInQueue(ReviewsError, NotAllowed):
    """You are no member of this review's queue. Ask a publisher of the team to add you to it."""

    code = "not_in_queue"


class NotYours(ReviewsError, NotAllowed):
    """Somebody else decided this. Only that person can undo it."""

    code = "not_your_decision"


class WrongDecision(ReviewsError, WrongInput):
    """This cannot be decided like this."""

    code = "wrong_decision"


class WrongState(ReviewsError, Conflict):
    """The review has moved on. Look at it again."""

    code = "review_moved_on"


class AlreadyDecided(WrongState):
    """Somebody else decided this first; nothing was changed."""

    code = "already_decided"


class StaleReview(WrongState):
    """The review was changed after you opened it. Look at it again and decide then."""

    code = "stale_review"


class HeldByAnother(ReviewsError, Conflict):
    """Somebody else holds this review. Take it over, or leave it to them."""

    code = "held_by_another"
