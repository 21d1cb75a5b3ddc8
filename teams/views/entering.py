"""Coming in by a one-time link: the operator's, or that of an invitation. Mail scanners follow links: only a button signs in."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from teams.forms import JoinForm
from teams.operations.sign_in import DeadLink, invited, is_alive, use_sign_in_link
from teams.queries.sign_in import ways_in
from teams.words import ROLES


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows a button and changes nothing, POST signs in; a second factor is asked for as at any sign-in."""
    if request.method != "POST":
        alive = is_alive(secret=secret, now=timezone.now())
        return _page(request, {"is_alive": alive, "reason": DeadLink.__doc__}, is_found=alive)
    try:
        user = use_sign_in_link(secret=secret, now=timezone.now())
    except DeadLink:
        return _page(request, {"is_alive": False, "reason": DeadLink.__doc__}, is_found=False)
    if not ways_in(user).is_enough:
        messages.info(
            request, _("This link worked once. Set a password or a passkey in your profile to come in again.")
        )
    response: HttpResponse = perform_login(request, user)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """An invitation: says to which team and as what, asks for the name, and leads to the profile."""
    now, form = timezone.now(), JoinForm(request.POST if request.method == "POST" else None)
    try:
        if request.method != "POST" or not form.is_valid():
            found = invited(secret=secret, now=now)
            teams = [(team, ROLES[role]) for team, role in found.teams]
            given = {"form": form if form.is_bound else JoinForm(initial={"name": found.name})}
            return _page(request, {"is_alive": True, "invited": found, "teams": teams, **given}, is_found=True)
        user = use_sign_in_link(secret=secret, now=now, name=form.cleaned_data["name"])
    except DeadLink:
        reason = _("This invitation was used already or is too old. Ask whoever sent it to you for a new one.")
        return _page(request, {"is_alive": False, "reason": reason}, is_found=False)
    response: HttpResponse = perform_login(request, user, redirect_url=reverse("teams:profile"))
    return response


def _page(request: HttpRequest, context: dict[str, object], *, is_found: bool) -> HttpResponse:
    """The address is a secret: it is told to no other site."""
    response = render(request, "teams/sign_in_link.html", context, status=200 if is_found else 404)
    response["Referrer-Policy"] = (
        "same-origin"  # with no-referrer the form's POST has the Origin null, which CSRF refuses
    )
    return response
