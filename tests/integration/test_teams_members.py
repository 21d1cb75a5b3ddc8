"""Teams and their members: who may add whom, and that a team keeps an owner."""

from dataclasses import replace

import pytest

from teams.callers import operator
from teams.errors import NotAllowed, NotFound, WrongInput
from teams.models import ApiToken, AuditEntry, Member, Team, User
from teams.operations.first_team import first_owner
from teams.operations.members import AlreadyMember, LastOwner, WrongAddress, add_member, change_role, remove_member
from teams.operations.teams import WrongTeamName, allow_code, create_team, delete_team, set_max_concurrent_runs
from teams.operations.tokens import local_token
from teams.policy import Role
from tests.personas import NOW, caller, person, personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def actions(team: Team) -> list[str]:
    return list(AuditEntry.objects.of(team.pk).order_by("id").values_list("action", flat=True))


def member(team: Team, name: str) -> Member:
    return Member.objects.of(team).get(user__email=f"{name}@example.org")


def test_a_new_team_has_its_owner_and_an_entry_in_the_log() -> None:
    team = create_team(name=" Support ", owner=person("alice"), now=NOW)
    assert (team.name, team.slug, team.allows_code) == ("Support", "support", False)
    assert member(team, "alice").role == Role.owner
    assert actions(team) == ["team.created"]


def test_two_teams_may_have_one_name() -> None:
    alice = person("alice")
    slugs = {create_team(name="Support", owner=alice, now=NOW).slug for _ in range(2)}
    assert len(slugs) == 2


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_team_needs_a_name(name: str) -> None:
    with pytest.raises(WrongTeamName):
        create_team(name=name, owner=person("alice"), now=NOW)


def test_a_newcomer_is_added_by_address_without_a_password() -> None:
    world = personas()
    added = add_member(by=world.alice, email=" Dora@Example.org ", role=Role.editor, now=NOW)
    assert added.user.email == "dora@example.org"
    assert not added.user.has_usable_password()
    entry = AuditEntry.objects.of(world.team.pk).latest("id")
    assert (entry.action, entry.subject, entry.data) == ("member.added", "dora@example.org", {"role": "editor"})
    assert (entry.user_id, entry.user_name, entry.through) == (world.alice.user_id, "alice@example.org", "page")


def test_a_person_of_another_team_is_added_as_the_same_person() -> None:
    world = personas()
    added = add_member(by=world.alice, email="CHARLIE@example.org", role=Role.viewer, now=NOW)
    assert added.user_id == world.charlie.user_id
    assert User.objects.count() == 3


def test_nobody_is_added_twice() -> None:
    world = personas()
    with pytest.raises(AlreadyMember, match=r"bob@example\.org"):
        add_member(by=world.alice, email="BOB@example.org", role=Role.editor, now=NOW)


def test_an_address_must_be_one() -> None:
    with pytest.raises(WrongAddress, match="'bob'"):
        add_member(by=personas().alice, email="bob", role=Role.editor, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.admin, Role.owner}])
def test_members_below_admin_add_nobody(role: Role) -> None:
    world = personas(bobs_role=role)
    with pytest.raises(NotAllowed):
        add_member(by=world.bob, email="dora@example.org", role=Role.viewer, now=NOW)
    assert not User.objects.filter(email="dora@example.org").exists()


def test_an_admin_adds_admins_but_no_owner() -> None:
    world = personas(bobs_role=Role.admin)
    add_member(by=world.bob, email="dora@example.org", role=Role.admin, now=NOW)
    with pytest.raises(NotAllowed, match="Only an owner"):
        add_member(by=world.bob, email="eve@example.org", role=Role.owner, now=NOW)


def test_an_admin_neither_demotes_nor_removes_an_owner() -> None:
    world = personas(bobs_role=Role.admin)
    for forbidden in (change_role, remove_member):
        extra = {"role": Role.viewer} if forbidden is change_role else {}
        with pytest.raises(NotAllowed, match="Only an owner"):
            forbidden(by=world.bob, member_id=world.alice.member_id or 0, now=NOW, **extra)


def test_a_changed_role_is_logged_with_what_it_was() -> None:
    world = personas()
    change_role(by=world.alice, member_id=world.bob.member_id or 0, role=Role.publisher, now=NOW)
    assert member(world.team, "bob").role == Role.publisher
    assert AuditEntry.objects.of(world.team.pk).latest("id").data == {"from": "viewer", "to": "publisher"}


def test_the_last_owner_stays_owner() -> None:
    world = personas()
    with pytest.raises(LastOwner):
        change_role(by=world.alice, member_id=world.alice.member_id or 0, role=Role.admin, now=NOW)
    with pytest.raises(LastOwner):
        remove_member(by=world.alice, member_id=world.alice.member_id or 0, now=NOW)
    assert member(world.team, "alice").role == Role.owner


def test_an_owner_goes_when_there_is_another() -> None:
    world = personas()
    change_role(by=world.alice, member_id=world.bob.member_id or 0, role=Role.owner, now=NOW)
    remove_member(by=world.alice, member_id=world.alice.member_id or 0, now=NOW)
    assert [one.user.email for one in Member.objects.of(world.team)] == ["bob@example.org"]


def test_anybody_may_leave_and_their_tokens_end() -> None:
    world = personas()
    local_token(member=member(world.team, "bob"), machine="laptop", now=NOW)
    remove_member(by=world.bob, member_id=world.bob.member_id or 0, now=NOW)
    assert not ApiToken.objects.of(world.team).exists()
    assert actions(world.team)[-1] == "member.removed"


def test_a_token_without_admin_permission_removes_nobody_not_even_its_owner() -> None:
    world = personas()
    by_token = replace(world.bob, permissions=frozenset())
    with pytest.raises(NotAllowed):
        remove_member(by=by_token, member_id=world.bob.member_id or 0, now=NOW)


def test_members_of_other_teams_are_not_found() -> None:
    world = personas()
    for forbidden in (change_role, remove_member):
        extra = {"role": Role.viewer} if forbidden is change_role else {}
        with pytest.raises(NotFound):
            forbidden(by=world.charlie, member_id=world.bob.member_id or 0, now=NOW, **extra)
    assert member(world.team, "bob").role == Role.viewer


def test_a_limit_and_a_switch_are_set_by_admins_and_logged() -> None:
    world = personas(bobs_role=Role.admin)
    set_max_concurrent_runs(by=world.bob, most=3, now=NOW)
    allow_code(by=world.bob, is_allowed=True, now=NOW)
    world.team.refresh_from_db()
    assert (world.team.max_concurrent_runs, world.team.allows_code) == (3, True)
    assert actions(world.team)[-2:] == ["team.limit_set", "team.switch_set"]
    with pytest.raises(WrongInput, match="1 or more"):
        set_max_concurrent_runs(by=world.bob, most=0, now=NOW)


def test_a_publisher_sets_neither() -> None:
    world = personas(bobs_role=Role.publisher)
    with pytest.raises(NotAllowed):
        set_max_concurrent_runs(by=world.bob, most=3, now=NOW)
    with pytest.raises(NotAllowed):
        allow_code(by=world.bob, is_allowed=True, now=NOW)


def test_a_deleted_team_leaves_its_log() -> None:
    world = personas(bobs_role=Role.admin)
    with pytest.raises(NotAllowed):
        delete_team(by=world.bob, name="Alice's team", now=NOW)
    with pytest.raises(WrongTeamName, match="Type the team's name"):
        delete_team(by=world.alice, name="alice", now=NOW)
    delete_team(by=world.alice, name="Alice's team", now=NOW)
    assert not Team.objects.filter(pk=world.team.pk).exists()
    assert actions(world.team)[-1] == "team.deleted"
    assert Team.objects.filter(pk=world.other_team.pk).exists()


def test_a_fresh_installation_gets_a_team_once() -> None:
    first = first_owner(now=NOW)
    again = first_owner(now=NOW)
    assert (first.pk, first.role, first.team.allows_code) == (again.pk, Role.owner, True)
    assert Team.objects.count() == 1


def test_an_installation_with_teams_keeps_them() -> None:
    world = personas()
    assert first_owner(now=NOW).pk == world.alice.member_id


def test_the_operator_acts_as_an_owner() -> None:
    world = personas()
    add_member(by=operator(world.team.pk), email="dora@example.org", role=Role.owner, now=NOW)
    entry = AuditEntry.objects.of(world.team.pk).latest("id")
    assert (entry.user_id, entry.through) == (None, "operator")
    assert caller(world.team, "dora").role is Role.owner
