"""What every page of a team shares: who looks at it. What is not there, or not theirs, is 404; what a role may not do, 403."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from teams.authentication import NoTeam, caller_of
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound
from teams.policy import Action

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]


def page_of_team(action: Action | None = None) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """A view that gets its caller as second argument, and is for members who may do `action` alone (None: each member)."""

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        @login_required
        @never_cache
        @wraps(view)
        def asked(request: HttpRequest, *given: P.args, **named: P.kwargs) -> HttpResponse:
            try:
                by = caller_of(request, now=timezone.now())
                if action is not None:
                    by.demand(action)
                return view(request, by, *given, **named)
            except NoTeam:
                return redirect("home")
            except NotFound as error:
                raise Http404(str(error)) from error
            except NotAllowed as error:
                raise PermissionDenied(str(error)) from error

        return asked

    return decorate
