"""What is done with reviews: verbs, in modules named by noun.

`questions` and `budgets` listen to what runs tell, `claims` and `decisions` are what people do, `queues` sets queues up.
Whoever touches a run and its reviews in one transaction locks the run first: its own commits tell us under that lock.
"""

from reviews.operations.budgets import open_budget_review
from reviews.operations.claims import claim, release
from reviews.operations.decisions import apply_due, decide, undo
from reviews.operations.questions import close_answered, close_budget_review, close_run, open_review, withdraw
from reviews.operations.queues import make_queues, save_queue

__all__ = [
    "apply_due",
    "claim",
    "close_answered",
    "close_budget_review",
    "close_run",
    "decide",
    "make_queues",
    "open_budget_review",
    "open_review",
    "release",
    "save_queue",
    "undo",
    "withdraw",
]
