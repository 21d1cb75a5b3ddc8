"""The team that a fresh installation begins with."""

from datetime import datetime

from django.db import transaction

from teams.callers import operator
from teams.models import Member, User
from teams.operations.teams import allow_code, create_team
from teams.policy import Role

NAME = "First team"
ADDRESS = "owner@localhost"


def first_owner(*, now: datetime) -> Member:
    """The owner whom the operator's link signs in: the one of the oldest team, which is made where there is none.

    Code is on in the team made here: whoever starts the server on a fresh machine is its only member.
    """
    with transaction.atomic():
        return _oldest_owner() or _made(now)


def _oldest_owner() -> Member | None:
    owners = Member.unscoped.select_related("user").filter(role=Role.owner, user__is_active=True)
    return owners.order_by("team_id", "pk").first()


def _made(now: datetime) -> Member:
    user = User.objects.filter(email=ADDRESS).first() or User.objects.create_user(ADDRESS, name="Owner")
    team = create_team(name=NAME, owner=user, now=now)
    allow_code(by=operator(team.pk), is_allowed=True, now=now)
    return Member.objects.of(team).get(user=user)
