"""Pages of this app: the one-time link, the first page, choosing a team. Each view makes one call and renders."""

from allauth.account.utils import perform_login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.authentication import CHOSEN_TEAM, NoTeam, caller_of, teams_of
from teams.callers import Caller
from teams.operations.sign_in import DeadLink, is_alive, use_sign_in_link


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows a button and changes nothing, POST signs in; a second factor is asked for as at any sign-in."""
    if request.method != "POST":
        return _link_page(request, is_link_alive=is_alive(secret=secret, now=timezone.now()))
    try:
        user = use_sign_in_link(secret=secret, now=timezone.now())
    except DeadLink:
        return _link_page(request, is_link_alive=False)
    response: HttpResponse = perform_login(request, user)
    return response


@login_required
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who is signed in, in which team, and where to go on."""
    caller = _caller(request)
    teams = {team.pk: team for team in teams_of(request.user.pk or 0)}
    team = teams.pop(caller.team_id) if caller else None
    return render(request, "teams/home.html", {"caller": caller, "team": team, "other_teams": list(teams.values())})


@login_required
@require_POST
def choose_team(request: HttpRequest) -> HttpResponse:
    """The team that this session looks at. One that the person is not in is ignored when callers are found."""
    chosen = request.POST.get("team", "")
    if chosen.isdecimal():
        request.session[CHOSEN_TEAM] = int(chosen)
    return redirect("home")


def _caller(request: HttpRequest) -> Caller | None:
    try:
        return caller_of(request, now=timezone.now())
    except NoTeam:
        return None


def _link_page(request: HttpRequest, *, is_link_alive: bool) -> HttpResponse:
    context = {"is_alive": is_link_alive, "reason": DeadLink.__doc__}
    response = render(request, "teams/sign_in_link.html", context, status=200 if is_link_alive else 404)
    response["Referrer-Policy"] = "no-referrer"
    return response
