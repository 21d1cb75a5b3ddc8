"""API tokens: the list, making one, revoking one."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.callers import Caller
from teams.errors import WrongInput
from teams.forms import TokenForm
from teams.operations.tokens import NewToken, create_token, revoke_token
from teams.pages import page_of_team
from teams.policy import Action, permissions_of
from teams.queries.tokens import tokens as listed_tokens
from teams.words import PERMISSIONS


@page_of_team(Action.edit_own_tokens)
@require_safe
def tokens(request: HttpRequest, by: Caller) -> HttpResponse:
    """One's own tokens; admins see everybody's."""
    return _list(request, by)


@page_of_team(Action.edit_own_tokens)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest, by: Caller) -> HttpResponse:
    """A token of one's own. Its text is on the page that answers, and nowhere else."""
    now, form = timezone.now(), TokenForm(request.POST or None, permissions=permissions_of(by.role))
    if request.method != "POST" or not form.is_valid():
        return _new(request, form)
    try:
        new = create_token(
            by=by, name=form.cleaned_data["name"], permissions=form.wanted(), expires_at=form.expiry(now), now=now
        )
    except WrongInput as error:
        form.add_error(None, str(error))
        return _new(request, form)
    return _list(request, by, new=new)


@page_of_team(Action.edit_own_tokens)
@require_POST
def revoke(request: HttpRequest, by: Caller, token_id: int) -> HttpResponse:
    """The token ends now."""
    revoke_token(by=by, token_id=token_id, now=timezone.now())
    messages.success(request, _("The token is revoked. Whatever used it is refused from now on."))
    return redirect("teams:tokens")


def _new(request: HttpRequest, form: TokenForm) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "teams/token_new.html", {"form": form}, status=status)


def _list(request: HttpRequest, by: Caller, *, new: NewToken | None = None) -> HttpResponse:
    with_ended = "ended" in request.GET
    lines = listed_tokens(by=by, now=timezone.now(), with_ended=with_ended)
    context = {
        "lines": [(line, [PERMISSIONS[one][0] for one in line.permissions]) for line in lines],
        "sees_all": by.may(Action.see_all_tokens),
        "with_ended": with_ended,
        "new": new,
    }
    return render(request, "teams/tokens.html", context)
