"""API tokens and one-time links: made, used, ended."""

from datetime import timedelta

import pytest

from teams.authentication import WrongToken, caller_with_token, gone
from teams.errors import NotAllowed, NotFound
from teams.models import ApiToken, AuditEntry, Member, SignInLink, User
from teams.operations.members import add_member, change_role, remove_member
from teams.operations.sign_in import DeadLink, KnownPerson, invitation_link, is_alive, sign_in_link, use_sign_in_link
from teams.operations.tokens import (
    WrongExpiry,
    WrongPermissions,
    WrongTokenName,
    create_token,
    local_token,
    revoke_token,
)
from teams.policy import Action, Permission, Role
from tests.personas import NOW, Personas, caller, personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]

READ = frozenset({Permission.read})
LATER = NOW + timedelta(days=1)


def bobs_token(world: Personas, *permissions: Permission) -> str:
    wanted = permissions or (Permission.read,)
    return create_token(by=world.bob, name="script", permissions=wanted, expires_at=LATER, now=NOW).text


def secret_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def test_a_token_is_its_member_with_its_permissions() -> None:
    world = personas(bobs_role=Role.runner)
    found = caller_with_token(bobs_token(world, Permission.run), now=NOW)
    assert (found.team_id, found.member_id, found.role) == (world.team.pk, world.bob.member_id, Role.runner)
    assert found.may(Action.start_run)
    assert not found.may(Action.see)
    assert found.token_id


def test_a_token_is_stored_as_a_hash_and_logged_by_its_prefix() -> None:
    world = personas()
    text = bobs_token(world)
    row = ApiToken.objects.of(world.team).get()
    assert text.split("_")[1] == row.prefix
    assert text not in str(vars(row))
    entry = AuditEntry.objects.of(world.team.pk).latest("id")
    assert (entry.action, entry.subject) == ("token.created", row.prefix)
    assert entry.data == {"name": "script", "permissions": ["read"]}


@pytest.mark.parametrize("permissions", [[], [Permission.run], [Permission.read, Permission.admin]])
def test_a_viewers_token_gets_no_permission_that_a_viewer_lacks(permissions: list[Permission]) -> None:
    with pytest.raises(WrongPermissions, match="As viewer you can give a token these permissions: read, review"):
        create_token(by=personas().bob, name="script", permissions=permissions, expires_at=None, now=NOW)


def test_a_token_needs_a_name_and_a_future() -> None:
    world = personas()
    with pytest.raises(WrongTokenName):
        create_token(by=world.bob, name=" ", permissions=READ, expires_at=None, now=NOW)
    with pytest.raises(WrongExpiry):
        create_token(by=world.bob, name="script", permissions=READ, expires_at=NOW, now=NOW)


def test_a_token_makes_no_token() -> None:
    world = personas(bobs_role=Role.owner)
    by_token = caller_with_token(bobs_token(world, *Permission), now=NOW)
    with pytest.raises(NotAllowed, match="not made for this"):
        create_token(by=by_token, name="more", permissions=READ, expires_at=None, now=NOW)


def test_a_demoted_members_token_is_demoted_with_them() -> None:
    world = personas(bobs_role=Role.admin)
    text = bobs_token(world, Permission.admin, Permission.read)
    change_role(by=world.alice, member_id=world.bob.member_id or 0, role=Role.viewer, now=NOW)
    found = caller_with_token(text, now=NOW)
    assert not found.may(Action.edit_members)
    assert found.may(Action.see)


def test_a_token_ends_at_its_time() -> None:
    text = bobs_token(personas())
    assert caller_with_token(text, now=LATER - timedelta(seconds=1)).may(Action.see)
    with pytest.raises(WrongToken):
        caller_with_token(text, now=LATER)


def test_a_revoked_token_ends_now_and_the_log_says_so_once() -> None:
    world = personas()
    text = bobs_token(world)
    token = ApiToken.objects.of(world.team).get()
    for _ in range(2):
        revoke_token(by=world.bob, token_id=token.pk, now=NOW)
    with pytest.raises(WrongToken):
        caller_with_token(text, now=NOW)
    assert AuditEntry.objects.of(world.team.pk).filter(action="token.revoked").count() == 1


def test_others_tokens_are_revoked_by_admins_alone() -> None:
    world = personas()
    bobs_token(world)
    token = ApiToken.objects.of(world.team).get()
    add_member(by=world.alice, email="dora@example.org", role=Role.publisher, now=NOW)
    with pytest.raises(NotAllowed):
        revoke_token(by=caller(world.team, "dora"), token_id=token.pk, now=NOW)
    with pytest.raises(NotFound):
        revoke_token(by=world.charlie, token_id=token.pk, now=NOW)
    revoke_token(by=world.alice, token_id=token.pk, now=NOW)
    assert ApiToken.objects.of(world.team).get().revoked_at == NOW


def test_who_leaves_or_is_switched_off_has_no_token() -> None:
    world = personas()
    text = bobs_token(world)
    User.objects.filter(pk=world.bob.user_id or 0).update(is_active=False)
    with pytest.raises(WrongToken):
        caller_with_token(text, now=NOW)
    User.objects.filter(pk=world.bob.user_id or 0).update(is_active=True)
    remove_member(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
    with pytest.raises(WrongToken):
        caller_with_token(text, now=NOW)


def test_the_last_use_is_noted_to_the_minute() -> None:
    world = personas()
    text = bobs_token(world)
    for second in (0, 30, 59, 90):
        caller_with_token(text, now=NOW + timedelta(seconds=second))
    assert ApiToken.objects.of(world.team).get().last_used_at == NOW + timedelta(seconds=90)


def test_a_machines_new_local_token_ends_its_earlier_one() -> None:
    world = personas()
    alice = Member.objects.of(world.team).get(pk=world.alice.member_id or 0)
    old, other, new = (local_token(member=alice, machine=name, now=NOW).text for name in ("a", "b", "a"))
    with pytest.raises(WrongToken):
        caller_with_token(old, now=NOW)
    assert caller_with_token(other, now=NOW).may(Action.edit_connection)
    assert caller_with_token(new, now=NOW).may(Action.edit_connection)


def test_callers_who_are_no_longer_what_they_were_are_gone() -> None:
    world = personas(bobs_role=Role.runner)
    by_token = caller_with_token(bobs_token(world, Permission.run), now=NOW)
    everybody = [world.alice, world.bob, world.charlie, by_token]
    assert gone(everybody, now=NOW) == []
    assert gone(everybody, now=LATER) == [by_token]
    change_role(by=world.alice, member_id=world.bob.member_id or 0, role=Role.viewer, now=NOW)
    assert gone(everybody, now=NOW) == [world.bob, by_token]
    remove_member(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
    assert gone(everybody, now=NOW) == [world.bob, by_token]


def test_looking_for_who_is_gone_takes_two_queries(django_assert_num_queries) -> None:
    world = personas()
    by_token = caller_with_token(bobs_token(world), now=NOW)
    with django_assert_num_queries(2):
        gone([world.alice, world.bob, world.charlie, by_token] * 50, now=NOW)


def test_a_link_signs_in_once() -> None:
    world = personas()
    user = User.objects.get(pk=world.alice.user_id or 0)
    secret = secret_of(sign_in_link(user=user, now=NOW))
    assert is_alive(secret=secret, now=NOW)
    assert use_sign_in_link(secret=secret, now=NOW) == user
    assert not is_alive(secret=secret, now=NOW)
    with pytest.raises(DeadLink):
        use_sign_in_link(secret=secret, now=NOW)
    entries = AuditEntry.objects.of(world.team.pk).order_by("-id").values_list("action", "through")[:2]
    assert list(entries) == [("member.used_sign_in_link", "page"), ("member.sign_in_link_made", "operator")]


def test_a_link_ends_at_its_time_and_is_stored_as_a_hash() -> None:
    world = personas()
    secret = secret_of(sign_in_link(user=User.objects.get(pk=world.alice.user_id or 0), now=NOW))
    assert secret not in str(SignInLink.objects.values().get())
    with pytest.raises(DeadLink):
        use_sign_in_link(secret=secret, now=NOW + timedelta(hours=1))


def test_who_is_switched_off_gets_in_by_no_link() -> None:
    world = personas()
    user = User.objects.get(pk=world.bob.user_id or 0)
    secret = secret_of(sign_in_link(user=user, now=NOW))
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(DeadLink):
        use_sign_in_link(secret=secret, now=NOW)


def test_a_newcomer_is_invited_by_a_link() -> None:
    world = personas(bobs_role=Role.admin)
    dora = add_member(by=world.bob, email="dora@example.org", role=Role.viewer, now=NOW)
    secret = secret_of(invitation_link(by=world.bob, member_id=dora.pk, now=NOW))
    assert use_sign_in_link(secret=secret, now=NOW + timedelta(days=6)) == dora.user


def test_an_admin_gets_no_link_for_a_person_who_has_an_account() -> None:
    world = personas(bobs_role=Role.admin)
    with pytest.raises(KnownPerson):
        invitation_link(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
    added = add_member(by=world.bob, email="dora@example.org", role=Role.viewer, now=NOW)
    add_member(by=world.charlie, email="dora@example.org", role=Role.viewer, now=NOW)
    with pytest.raises(KnownPerson):
        invitation_link(by=world.bob, member_id=added.pk, now=NOW)
