"""What requests for these pages say: numbers, words, the caller's days."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from orchestrator.queries.workflow_list import DAYS, Filters
from teams.values import clean

LONGEST = 200
LARGEST_ID = 2**63 - 1


def filters_of(request: HttpRequest) -> Filters:
    """The filters of the query string; what cannot be meant is left out."""
    return Filters(
        text=word(request, "q"),
        tag=word(request, "tag"),
        owner=number(request.GET.get("owner", "")),
        is_archived=bool(request.GET.get("archived")),
    )


def word(request: HttpRequest, name: str) -> str:
    """A short text of the query string."""
    return " ".join(str(clean(request.GET.get(name, ""))).split())[:LONGEST]


def number(text: str) -> int | None:
    """A whole number that may be an id; else None."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    return int(text) if is_number and int(text) <= LARGEST_ID else None


def first_day() -> float:
    """The midnight, in the person's zone, with which the last seven days begin; seconds since the epoch."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=DAYS - 1)).timestamp()
