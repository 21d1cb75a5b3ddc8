"""Which runs wait for somebody, for the list of runs (config/subscriptions.py joins the two apps)."""

from typing import Any

from django.db.models import QuerySet

from orchestrator.contract.questions import Kind
from reviews.policy import State
from reviews.visibility import own_queues, reviews_seen
from teams.callers import Caller
from teams.policy import Action

UNDECIDED = (State.OPEN.value, State.CONFLICT.value)


def runs_waiting_for(by: Caller) -> "QuerySet[Any, Any]":
    """The ids of runs with an undecided review in a queue of the caller that the caller may decide. Raises NotAllowed."""
    reviews = reviews_seen(by).filter(status__in=UNDECIDED, queue__in=own_queues(by))
    if not by.may(Action.edit_budget):
        reviews = reviews.exclude(kind=Kind.BUDGET)
    return reviews.order_by().values("run_id")
