"""Who is in the team: the list, inviting somebody, one member's role and end."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.access import member_of
from teams.callers import Caller
from teams.errors import Conflict, WrongInput
from teams.forms import InviteForm, RoleForm
from teams.operations.invitations import Invitation, invite
from teams.operations.members import change_role, remove_member
from teams.operations.sign_in import INVITATION_LASTS, invitation_link
from teams.pages import page_of_team
from teams.policy import Action, Role, roles_that_may_name
from teams.queries.members import member_line, members_page
from teams.words import ROLES
from ui.requests import is_partial


@page_of_team(Action.see)
@require_safe
def members(request: HttpRequest, by: Caller) -> HttpResponse:
    """The members, those that the search finds."""
    return _list(request, by)


@page_of_team(Action.edit_members)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, by: Caller) -> HttpResponse:
    """Somebody new. The link of a newcomer is on the page that answers, and nowhere else."""
    roles = roles_that_may_name(by.role)
    form = InviteForm(request.POST or None, roles=roles, initial={"role": Role.runner.value})
    if request.method != "POST" or not form.is_valid():
        return _new(request, form)
    try:
        invitation = invite(by=by, now=timezone.now(), **form.invited())
    except (Conflict, WrongInput) as error:
        form.add_error("email", str(error))
        return _new(request, form)
    if invitation.path:
        return _list(request, by, invitation=invitation)
    told = _("%(who)s is in the team, has an account here, and signs in with it.")
    messages.success(request, told % {"who": invitation.member.user.email})
    return redirect("teams:members")


@page_of_team(Action.edit_members)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, by: Caller, member_id: int) -> HttpResponse:
    """One member. POST gives another role."""
    row = member_of(by, member_id)
    roles = roles_that_may_name(by.role)
    form = RoleForm(request.POST or None, roles=roles, initial={"role": row.role})
    if request.method == "POST" and form.is_valid():
        try:
            change_role(by=by, member_id=member_id, role=Role(form.cleaned_data["role"]), now=timezone.now())
        except Conflict as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, _("The role is changed."))
            return redirect("teams:members")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"line": member_line(row, by), "form": form, "role": ROLES[Role(row.role)]}
    return render(request, "teams/member.html", context, status=status)


@page_of_team(Action.edit_members)
@require_POST
def remove(request: HttpRequest, by: Caller, member_id: int) -> HttpResponse:
    """Out of the team; their API tokens end."""
    try:
        remove_member(by=by, member_id=member_id, now=timezone.now())
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("teams:member", member_id)
    messages.success(request, _("They are out of the team."))
    return redirect("home" if member_id == by.member_id else "teams:members")


@page_of_team(Action.edit_members)
@require_POST
def link(request: HttpRequest, by: Caller, member_id: int) -> HttpResponse:
    """A fresh link for somebody who has not come in yet, on the page that answers."""
    try:
        path = invitation_link(by=by, member_id=member_id, now=timezone.now())
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("teams:member", member_id)
    return _list(request, by, invitation=Invitation(member=member_of(by, member_id), path=path))


def _new(request: HttpRequest, form: InviteForm) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "teams/member_new.html", {"form": form, "lasts": INVITATION_LASTS.days}, status=status)


def _list(request: HttpRequest, by: Caller, *, invitation: Invitation | None = None) -> HttpResponse:
    wanted = request.GET.get("q", "")[:100]
    page = members_page(by=by, wanted=wanted, after=request.GET.get("after", "")[:254])
    context = {
        "page": page,
        "lines": [(line, ROLES[line.role][0]) for line in page.lines],
        "wanted": wanted,
        "may_change": by.may(Action.edit_members),
        "invitation": invitation,
        "url": request.build_absolute_uri(invitation.path) if invitation else "",
        "lasts": INVITATION_LASTS.days,
    }
    return render(request, "teams/members.html#list" if is_partial(request) else "teams/members.html", context)
