"""The audit log: the page, the check of the whole chain, the export."""

import csv
import io
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from teams.audit import BrokenChain, verify_chain
from teams.callers import Caller
from teams.forms import AuditForm
from teams.models import AuditEntry
from teams.pages import page_of_team
from teams.policy import Action
from teams.queries.audit import AuditFilters, AuditPage, Place, all_entries, audit_page
from teams.words import entry_words
from ui.requests import is_partial
from ui.spreadsheets import harmless
from ui.streams import sent

COLUMNS = ("id", "at", "action", "subject", "data", "user_name", "through", "token_id", "link_number", "digest")
LARGEST_ID = 2**63 - 1


@page_of_team(Action.see_audit)
@require_safe
def audit(request: HttpRequest, by: Caller) -> HttpResponse:
    """The entries that the address asks for, the newest first."""
    form = AuditForm(request.GET)
    if not form.is_valid():
        context = {"form": form, "page": AuditPage(lines=())}
        return render(request, "teams/audit.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    page = audit_page(by=by, filters=form.filters(), place=_place(request))
    context = {
        "form": form,
        "page": page,
        "lines": [(entry, state, entry_words(entry.action)) for entry, state in page.lines],
        "is_filtered": form.filters() != AuditFilters(),
        "newer_url": _beside(request, "after", page.newer),
        "older_url": _beside(request, "before", page.older),
        "query": _query(request).urlencode(),
    }
    name = "teams/audit.html#list" if is_partial(request) else "teams/audit.html"
    return render(request, name, context)


@page_of_team(Action.see_audit)
@require_POST
def verify(request: HttpRequest, by: Caller) -> HttpResponse:  # noqa: ARG001  # every page of a team gets it
    """Go through the whole chain, from its first link."""
    try:
        digest = verify_chain()
    except BrokenChain as error:
        messages.error(request, str(error))
    else:
        told = _("The whole log is as it was written. The last link ends in %(digest)s.")
        messages.success(request, told % {"digest": digest[-12:]} if digest else _("The log has no links yet."))
    return redirect("teams:audit")


@page_of_team(Action.see_audit)
@require_safe
def export(request: HttpRequest, by: Caller) -> HttpResponse:
    """Everything that fits the filters, as CSV. Times are UTC."""
    form = AuditForm(request.GET)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=422, content_type="text/plain; charset=utf-8")
    pieces = _as_csv(all_entries(by=by, filters=form.filters()))
    response = StreamingHttpResponse(sent(pieces), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
    return cast("HttpResponse", response)  # views may answer with either


def _as_csv(pieces: Iterator[list[AuditEntry]]) -> Iterator[str]:
    yield "\ufeff" + _rows([list(COLUMNS)])
    for entries in pieces:
        yield _rows([_values(entry) for entry in entries])


def _values(entry: AuditEntry) -> list[object]:
    values = {name: getattr(entry, name) for name in COLUMNS}
    values |= {"at": entry.at.isoformat(), "data": json.dumps(entry.data, ensure_ascii=False)}
    return [harmless(values[name]) for name in COLUMNS]


def _rows(rows: list[list[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _place(request: HttpRequest) -> Place:
    return Place(before=_id(request, "before"), after=_id(request, "after"))


def _id(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return min(int(text), LARGEST_ID) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _beside(request: HttpRequest, name: str, entry: int | None) -> str:
    if entry is None:
        return ""
    query = _query(request)
    query[name] = str(entry)
    return f"?{query.urlencode()}"


def _query(request: HttpRequest) -> QueryDict:
    """The filters of the address without the place of the page."""
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    return query
