"""Inviting somebody: a member is added and, who is new here, gets the link to come in by."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from teams.callers import Caller
from teams.models import Member
from teams.operations.members import add_member
from teams.operations.sign_in import invitation_link, is_newcomer
from teams.policy import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A new member. `path` is that of the one-time link; empty for who has an account and signs in with it."""

    member: Member
    path: str


def invite(*, by: Caller, email: str, role: Role, name: str = "", now: datetime) -> Invitation:
    """Add the person with that address. The link is shown once and stored nowhere."""
    with transaction.atomic():
        member = add_member(by=by, email=email, role=role, name=name, now=now)
        path = invitation_link(by=by, member_id=member.pk, now=now) if is_newcomer(member) else ""
    return Invitation(member=member, path=path)
