"""The team itself: its name, its switches, and its end."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.authentication import CHOSEN_TEAM
from teams.callers import Caller
from teams.errors import WrongInput
from teams.forms import TeamForm
from teams.models import Team
from teams.operations.teams import allow_code, delete_team, rename_team
from teams.pages import page_of_team
from teams.policy import Action


@page_of_team()
@require_safe
def settings(request: HttpRequest, by: Caller) -> HttpResponse:  # noqa: ARG001  # every page of a team gets them
    """The first page of the settings that the role may see."""
    return redirect("teams:team" if by.may(Action.see) else "teams:profile")


@page_of_team(Action.see)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, by: Caller) -> HttpResponse:
    """What the team is called and may use. POST gives it another name."""
    row = Team.objects.get(pk=by.team_id)
    if request.method != "POST":
        return _page(request, by, row, TeamForm(initial={"name": row.name}))
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _page(request, by, row, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    rename_team(by=by, name=form.cleaned_data["name"], now=timezone.now())
    messages.success(request, _("The team is renamed."))
    return redirect("teams:team")


@page_of_team(Action.edit_switch)
@require_POST
def switch_code(request: HttpRequest, by: Caller) -> HttpResponse:
    """Whether workflows may run code that people wrote."""
    is_on = request.POST.get("code") == "on"
    allow_code(by=by, is_allowed=is_on, now=timezone.now())
    messages.success(request, _("Code is on.") if is_on else _("Code is off."))
    return redirect("teams:team")


@page_of_team(Action.delete_team)
@require_POST
def delete(request: HttpRequest, by: Caller) -> HttpResponse:
    """The team is gone, with all that it has. Its name is typed to be sure."""
    try:
        delete_team(by=by, name=request.POST.get("name", "").strip(), now=timezone.now())
    except WrongInput as error:
        messages.error(request, str(error))
        return redirect("teams:team")
    request.session.pop(CHOSEN_TEAM, None)
    messages.success(request, _("The team is deleted."))
    return redirect("home")


def _page(request: HttpRequest, by: Caller, row: Team, form: TeamForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "may_change": by.may(Action.edit_switch),
        "may_delete": by.may(Action.delete_team),
    }
    return render(request, "teams/team.html", context, status=status)
