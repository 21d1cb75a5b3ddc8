"""Who looks at a page of a run: a member of its team who may see runs.

Others get the pages for what is not there, or not theirs.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from teams.authentication import caller_of
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound
from teams.policy import Action

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]


def of_the_team(view: View[P]) -> Callable[..., HttpResponse]:
    """The view with its caller. What is not found is 404, what the role may not do 403."""

    @login_required
    @never_cache
    @wraps(view)
    def asked(request: HttpRequest, *given: P.args, **named: P.kwargs) -> HttpResponse:
        try:
            by = caller_of(request, now=timezone.now())
            by.demand(Action.see)
            return view(request, by, *given, **named)
        except NotFound as error:
            raise Http404(str(error)) from error
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error

    return asked


def path_of(request: HttpRequest) -> str:
    """The step's path that the address names. Raises Http404 for what no step is called."""
    path = request.GET.get("path", "")
    if "\x00" in path:
        raise Http404
    return path
