"""Rows of this app, one file per family. Times are on the database's clock.

Who acted is kept with a name, so that a vote still says whose it was when the person has left.
"""

from reviews.models.log import ReviewLog
from reviews.models.queue import Queue
from reviews.models.review import Review
from reviews.models.seat import Claim, Vote

__all__ = ["Claim", "Queue", "Review", "ReviewLog", "Vote"]
