"""The list of workflows."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from builder.listed import listed
from builder.views.asking import filters_of, first_day, number
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial


@page_of_team(Action.see)
@require_safe
def workflows(request: HttpRequest, by: Caller) -> HttpResponse:
    """The workflows that the address asks for."""
    found = listed(
        by=by,
        filters=filters_of(request),
        after=number(request.GET.get("after", "")),
        since=first_day(),
        undo=number(request.GET.get("undo", "")),
    )
    if not is_partial(request):
        return render(request, "builder/workflows.html", {"listed": found, "key": uuid4().hex})
    response = render(request, "builder/workflows.html#list", {"listed": found})
    response["HX-Push-Url"] = found.url
    return response
