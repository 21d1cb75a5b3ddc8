"""Which runs wait for somebody, and how many reviews of a workflow are open, for the lists of other apps
(config/subscriptions.py joins them)."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Count, QuerySet

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


def open_by_workflow(by: Caller, workflows: Collection[int]) -> Mapping[int, int]:
    """The numbers of undecided reviews that the caller may see, by workflow. Raises NotAllowed."""
    reviews = reviews_seen(by).filter(status__in=UNDECIDED, workflow__in=workflows)
    return dict(reviews.order_by().values_list("workflow").annotate(number=Count("pk")))
