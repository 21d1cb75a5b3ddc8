"""All runs that fit the filters as a file, sent piece by piece: a team may have a million."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from history.export import as_csv, as_json
from history.queries.pages import Line, all_lines
from history.runs.asking import asked_of
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action
from ui.streams import sent

Writing = Callable[[Iterable[Sequence[Line]]], Iterator[str]]
KINDS: Mapping[str, tuple[Writing, str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "json": (as_json, "application/json"),
}


@page_of_team(Action.see)
@require_safe
def export(request: HttpRequest, by: Caller, kind: str) -> HttpResponse:
    """The file. A filter that cannot be used is told instead."""
    if kind not in KINDS:
        raise Http404
    asked = asked_of(request)
    if asked.faults:
        text = "\n".join(f"{fault.name}: {fault.text}" for fault in asked.faults)
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    writing, content_type = KINDS[kind]
    pieces = writing(all_lines(by, filters=asked.filters))
    response = StreamingHttpResponse(sent(pieces), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="runs-{timezone.localdate():%Y-%m-%d}.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    return cast("HttpResponse", response)  # views may answer with either
