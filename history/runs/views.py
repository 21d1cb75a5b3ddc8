"""The list of runs, and what is done to several of them. Each view parses, makes one call, renders."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from history.operations.bulk import Item, WrongSelection, cancel_runs, rerun_runs
from history.queries.choices import choices
from history.queries.pages import Page, page
from history.runs.asking import asked_of, chosen_of, place_of
from history.runs.listed import Listed, Offered
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial
from ui.toasts import toast

ACTIONS: Mapping[str, Callable[..., tuple[Item, ...]]] = {"cancel": cancel_runs, "rerun": rerun_runs}


@page_of_team(Action.see)
@require_safe
def runs(request: HttpRequest, by: Caller) -> HttpResponse:
    """The runs that the address asks for. A filter that cannot be used is told, with no runs."""
    listed = _listed(request, by)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if listed.asked.faults else HTTPStatus.OK
    if not is_partial(request):
        context = {"listed": listed, "offered": Offered(choices=choices(by), asked=listed.asked)}
        return render(request, "history/runs.html", context, status=status)
    response = render(request, "history/runs_list.html", {"listed": listed}, status=status)
    if "live" not in request.headers.get("Baton-Refresh", ""):
        response["HX-Push-Url"] = listed.url
    return response


@page_of_team(Action.see)
@require_POST
def bulk(request: HttpRequest, by: Caller) -> HttpResponse:
    """Cancel or re-run the runs that were marked; the same page again says what came of each."""
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        return HttpResponseBadRequest(_("Choose what to do with the runs: cancel or re-run them."))
    try:
        items = ACTIONS[action](by=by, chosen=chosen_of(request))
    except WrongSelection as wrong:
        return _not_done(request, by, str(wrong))
    listed = _listed(request, by, items=items, action=action)
    if is_partial(request):
        return render(request, "history/runs_list.html", {"listed": listed})
    _tell(request, listed)
    return redirect(listed.url)


def _listed(request: HttpRequest, by: Caller, *, items: Sequence[Item] = (), action: str = "") -> Listed:
    asked, place = asked_of(request), place_of(request)
    found = Page(lines=()) if asked.faults else page(by, filters=asked.filters, place=place)
    return Listed(by=by, asked=asked, place=place, page=found, items=items, action=action)


def _not_done(request: HttpRequest, by: Caller, text: str) -> HttpResponse:
    listed = _listed(request, by)
    if is_partial(request):
        response = render(request, "history/runs_list.html", {"listed": listed}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return toast(response, text=text, tone="error")
    messages.error(request, text)
    return redirect(listed.url)


def _tell(request: HttpRequest, listed: Listed) -> None:
    """For browsers without a script: what was done, and why the rest was not."""
    number = len(listed.done)
    if number and listed.action == "cancel":
        messages.success(request, ngettext("%d run cancelled", "%d runs cancelled", number) % number)
    elif number:
        messages.success(request, ngettext("%d run started", "%d runs started", number) % number)
    for item in listed.refused[:5]:
        messages.error(request, _("Run %(run)d: %(why)s") % {"run": item.run, "why": item.problem})
