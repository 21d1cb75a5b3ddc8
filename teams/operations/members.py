"""Members: add, change the role, remove. A team always keeps an owner."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from teams.access import member_of
from teams.audit import record
from teams.callers import Caller
from teams.errors import Conflict, NotAllowed, WrongInput
from teams.models import Member, Team, User
from teams.policy import Action, Role, roles_that_may_name


class AlreadyMember(Conflict):
    """This person is a member of the team already. Change the role instead."""

    code = "already_member"


class LastOwner(Conflict):
    """A team needs an owner. Make somebody else an owner first."""

    code = "last_owner"


class WrongAddress(WrongInput):
    """This is no e-mail address."""

    code = "wrong_address"


def add_member(*, by: Caller, email: str, role: Role, name: str = "", now: datetime) -> Member:
    """Add the person with that address; one who is new here signs in by an invitation link first."""
    _demand(by, role)
    address = _checked(email)
    with transaction.atomic():
        _lock(by.team_id)
        user = User.objects.filter(email=address).first() or User.objects.create_user(address, name=name)
        if Member.objects.of(by.team_id).filter(user=user).exists():
            raise AlreadyMember(f"{address} is a member of the team already. Change the role instead.")
        member = Member.objects.create(team_id=by.team_id, user=user, role=role, created_at=now)
        record(by=by, action="member.added", subject=address, data={"role": role}, now=now)
    return member


def change_role(*, by: Caller, member_id: int, role: Role, now: datetime) -> Member:
    """Give a member another role. Only owners make owners, and the last owner stays one."""
    with transaction.atomic():
        _lock(by.team_id)
        member = member_of(by, member_id)
        old = Role(member.role)
        _demand(by, old, role)
        _keep_an_owner(member, becomes=role)
        Member.objects.of(by.team_id).filter(pk=member.pk).update(role=role)
        member.role = role
        data = {"from": old, "to": role}
        record(by=by, action="member.role_changed", subject=member.user.email, data=data, now=now)
    return member


def remove_member(*, by: Caller, member_id: int, now: datetime) -> None:
    """Take a person out of the team, the own one too; their API tokens of this team end with it."""
    with transaction.atomic():
        _lock(by.team_id)
        member = member_of(by, member_id)
        if member.pk != by.member_id or by.permissions is not None:
            _demand(by, Role(member.role))
        _keep_an_owner(member, becomes=None)
        record(by=by, action="member.removed", subject=member.user.email, data={"role": member.role}, now=now)
        member.delete()


def _demand(by: Caller, *roles: Role) -> None:
    """The caller may change members, and give and take these roles."""
    by.demand(Action.edit_members)
    if not set(roles) <= roles_that_may_name(by.role):
        raise NotAllowed(
            "Only an owner may name an owner, or change one. Ask an owner of the team.", action=Action.name_owners
        )


def _lock(team_id: int) -> None:
    """One change of members at a time in a team, so that two owners cannot remove each other at once."""
    Team.objects.select_for_update().get(pk=team_id)


def _keep_an_owner(member: Member, *, becomes: Role | None) -> None:
    if member.role != Role.owner or becomes is Role.owner:
        return
    if not Member.objects.of(member.team_id).filter(role=Role.owner).exclude(pk=member.pk).exists():
        raise LastOwner


def _checked(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise WrongAddress(f"{email!r} is no e-mail address.") from None
    return address
