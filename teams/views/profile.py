"""One's own profile: name, time zone, letters, ways to sign in, teams."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from teams.authentication import CHOSEN_TEAM, memberships
from teams.callers import Caller
from teams.errors import Conflict, WrongInput
from teams.forms import ProfileForm, TeamForm
from teams.letters import sends_mail
from teams.models import User
from teams.operations.members import remove_member
from teams.operations.profile import save_profile
from teams.operations.sign_in import sign_out_elsewhere
from teams.operations.teams import found_team
from teams.pages import page_of_team
from teams.policy import Action, Role
from teams.queries.sign_in import ways_in
from teams.words import ROLES


@page_of_team()
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest, by: Caller) -> HttpResponse:
    """Shows it, and keeps what was posted."""
    user = _user(by)
    if request.method != "POST":
        return _page(request, by, user, ProfileForm(initial=_initial(user)))
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, by, user, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    found = form.cleaned_data
    save_profile(
        user=user,
        name=found["name"],
        time_zone=found["time_zone"],
        wants_run_letters=found["run_letters"],
        now=timezone.now(),
    )
    messages.success(request, _("Your profile is saved."))
    return redirect("teams:profile")


@page_of_team()
@require_POST
def sign_out_everywhere(request: HttpRequest, by: Caller) -> HttpResponse:
    """Every other browser is signed out; this one stays."""
    user = sign_out_elsewhere(user=_user(by), now=timezone.now())
    update_session_auth_hash(request, user)
    messages.success(request, _("Every other browser is signed out."))
    return redirect("teams:profile")


@page_of_team()
@require_POST
def leave(request: HttpRequest, by: Caller) -> HttpResponse:
    """Out of the team that is looked at. The last owner stays."""
    try:
        remove_member(by=by, member_id=by.member_id or 0, now=timezone.now())
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("teams:profile")
    request.session.pop(CHOSEN_TEAM, None)
    messages.success(request, _("You have left the team."))
    return redirect("home")


@page_of_team(Action.edit_members)
@require_POST
def create(request: HttpRequest, by: Caller) -> HttpResponse:
    """A further team, which this session looks at from now on."""
    try:
        team = found_team(by=by, name=request.POST.get("name", ""), now=timezone.now())
    except WrongInput as error:
        messages.error(request, str(error))
        return redirect("teams:profile")
    request.session[CHOSEN_TEAM] = team.pk
    messages.success(request, _("The team %(name)s is made, and you are its owner.") % {"name": team.name})
    return redirect("teams:members")


def _page(
    request: HttpRequest, by: Caller, user: User, form: ProfileForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    members = [(member, ROLES[Role(member.role)][0]) for member in memberships(user.pk)]
    context = {
        "form": form,
        "ways": ways_in(user),
        "members": members,
        "team_id": by.team_id,
        "team_form": TeamForm(auto_id="new_team_%s") if by.may(Action.edit_members) else None,
        "sends_mail": sends_mail(),
    }
    return render(request, "teams/profile.html", context, status=status)


def _initial(user: User) -> dict[str, object]:
    return {"name": user.name, "time_zone": user.time_zone, "run_letters": user.run_letters_since is not None}


def _user(by: Caller) -> User:
    return User.objects.get(pk=by.user_id or 0)
