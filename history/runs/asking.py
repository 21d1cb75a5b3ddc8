"""What a request asks of the list: the filters, and where its page begins."""

from django.http import HttpRequest
from django.utils import timezone

from history.filters import LARGEST_ID, Asked, read
from history.queries.pages import Place
from teams.values import clean


def asked_of(request: HttpRequest) -> Asked:
    """The filters of the query string; days are those of the person's zone."""
    given = {name: [clean(value) for value in values] for name, values in request.GET.lists()}
    return read(given, zone=timezone.get_current_timezone())


def place_of(request: HttpRequest) -> Place:
    """The newest page, unless the address names a run to begin beside."""
    after, before = (_run(request.GET.get(name, "")) for name in ("after", "before"))
    return Place(after=after) if after is not None else Place(before=before)


def chosen_of(request: HttpRequest) -> list[int]:
    """The runs that were marked."""
    return [run for text in request.POST.getlist("run") if (run := _run(text)) is not None]


def _run(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    return int(text) if is_number and int(text) <= LARGEST_ID else None
