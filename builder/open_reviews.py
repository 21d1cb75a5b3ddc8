"""How many reviews wait for people in each workflow: told by the app of reviews, which this app may not import.
config/subscriptions.py joins them."""

from collections.abc import Callable, Collection, Mapping

from teams.callers import Caller

Counting = Callable[[Caller, Collection[int]], Mapping[int, int]]
"""From the ids of workflows to the numbers of their undecided reviews that the caller may see."""
_sources: list[Counting] = []


def subscribe(source: Counting) -> None:
    """Once per process, when Django is ready."""
    _sources[:] = [source]


def open_reviews(by: Caller, workflows: Collection[int]) -> Mapping[int, int]:
    """Undecided reviews by workflow; one without any is left out."""
    return _sources[0](by, workflows) if _sources and workflows else {}
