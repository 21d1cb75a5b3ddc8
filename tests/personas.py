"""The people of the tests: Alice owns a team, Bob is a member of it with some role, Charlie owns another team."""

from dataclasses import dataclass
from datetime import UTC, datetime

from teams.authentication import caller_in_team
from teams.callers import Caller
from teams.models import Member, Team, User
from teams.operations.members import add_member
from teams.operations.teams import create_team
from teams.policy import Role

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True, kw_only=True)
class Personas:
    """Two teams and their people, as callers."""

    team: Team
    other_team: Team
    alice: Caller
    bob: Caller
    charlie: Caller


def personas(*, bobs_role: Role = Role.viewer) -> Personas:
    """Alice, Bob and Charlie."""
    team = create_team(name="Alice's team", owner=person("alice"), now=NOW)
    other = create_team(name="Charlie's team", owner=person("charlie"), now=NOW)
    alice, charlie = caller(team, "alice"), caller(other, "charlie")
    person("bob")
    add_member(by=alice, email="bob@example.org", role=bobs_role, now=NOW)
    return Personas(team=team, other_team=other, alice=alice, bob=caller(team, "bob"), charlie=charlie)


def person(name: str) -> User:
    """Somebody with a password, in no team."""
    return User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.title())


def caller(team: Team, name: str) -> Caller:
    """That member of the team as a caller from a page."""
    member = Member.objects.of(team).select_related("user").get(user__email=f"{name}@example.org")
    return caller_in_team(member.user, chosen=team.pk)
