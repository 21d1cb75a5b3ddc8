"""Which runs wait for somebody: told by the app of reviews, which this app may not import. config/subscriptions.py joins them."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from teams.callers import Caller

RunsOf = Callable[[Caller], "QuerySet[Any, Any]"]
"""The ids of runs, as a query that can stand inside another."""
_sources: list[RunsOf] = []


def subscribe(source: RunsOf) -> None:
    """Once per process, when Django is ready."""
    _sources[:] = [source]


def runs_waiting_for(by: Caller) -> "QuerySet[Any, Any] | list[int]":
    """Ids of the runs of the team that wait for a decision that the caller could make."""
    return _sources[0](by) if _sources else []
