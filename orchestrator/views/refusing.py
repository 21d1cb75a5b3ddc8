"""Pages for admins. Who may not see one is told whom to ask."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from teams.callers import Caller
from teams.models import Member
from teams.pages import page_of_team
from teams.policy import ALLOWED, Action, Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]
MOST_NAMED = 5


def page_for(action: Action) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Like `page_of_team(action)`; the refusal names the members who may."""

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        def asked(request: HttpRequest, by: Caller, /, *given: P.args, **named: P.kwargs) -> HttpResponse:
            return view(request, by, *given, **named) if by.may(action) else _refused(request, by, action)

        return wraps(view)(page_of_team()(asked))

    return decorate


def _refused(request: HttpRequest, by: Caller, action: Action) -> HttpResponse:
    allowed = [role for role in Role if action in ALLOWED[role]]
    rows = Member.objects.of(by.team_id).filter(role__in=allowed).select_related("user").order_by("pk")
    names = [member.user.name or member.user.email for member in rows[:MOST_NAMED]]
    shown = {"names": names, "what": action.sentence}
    return render(request, "orchestrator/refused.html", shown, status=HTTPStatus.FORBIDDEN)
