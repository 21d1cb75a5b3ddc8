"""What two people do to a team at the same moment."""

from functools import partial

import pytest

from teams.audit import chain_audit, verify_chain
from teams.models import Connection, Member, User
from teams.operations.connections import ConnectionForm, ConnectionNameTaken, create_connection
from teams.operations.members import AlreadyMember, LastOwner, add_member, change_role, remove_member
from teams.operations.sign_in import DeadLink, sign_in_link, use_sign_in_link
from teams.operations.tables import import_table
from teams.policy import Role
from teams.tables import look_up
from tests.personas import NOW, personas
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]


def kinds(results: list) -> list[str]:
    return sorted(type(result).__name__ for result in results if isinstance(result, Exception))


@pytest.mark.parametrize("way", ["remove", "demote"])
def test_two_owners_who_put_each_other_out_leave_one(way: str) -> None:
    world = personas(bobs_role=Role.owner)
    pairs = [(world.alice, world.bob), (world.bob, world.alice)]
    act = remove_member if way == "remove" else partial(change_role, role=Role.viewer)
    results = at_once([partial(act, by=by, member_id=other.member_id or 0, now=NOW) for by, other in pairs])
    assert kinds(results) == [LastOwner.__name__], results
    assert Member.objects.of(world.team).filter(role=Role.owner).count() == 1


def test_a_person_added_by_two_is_one_member() -> None:
    world = personas(bobs_role=Role.admin)
    add = partial(add_member, email="dora@example.org", role=Role.viewer, now=NOW)
    results = at_once([partial(add, by=world.alice), partial(add, by=world.bob)])
    assert kinds(results) == [AlreadyMember.__name__], results
    assert User.objects.filter(email="dora@example.org").count() == 1


def test_a_link_pressed_twice_signs_in_once() -> None:
    world = personas()
    secret = sign_in_link(user=User.objects.get(pk=world.alice.user_id or 0), now=NOW).rstrip("/").rpartition("/")[2]
    results = at_once([partial(use_sign_in_link, secret=secret, now=NOW)] * 4)
    assert kinds(results) == [DeadLink.__name__] * 3, results


def test_one_of_two_first_connections_is_the_default() -> None:
    world = personas()
    forms = [ConnectionForm(name=name, provider="demo") for name in ("one", "two", "two")]
    results = at_once([partial(create_connection, by=world.alice, form=form, now=NOW) for form in forms])
    assert kinds(results) == [ConnectionNameTaken.__name__], results
    assert Connection.objects.of(world.team).filter(is_default=True).count() == 1


def test_two_imports_leave_one_whole_table() -> None:
    world = personas()
    imports = [[{"who": name, "n": number} for number in range(300)] for name in ("a", "b")]
    results = at_once([partial(import_table, by=world.alice, name="t", rows=rows, now=NOW) for rows in imports])
    assert kinds(results) == [], results
    winner = look_up(world.team.pk, "t", {}, limit=1)[0]["who"]
    assert len(look_up(world.team.pk, "t", {"who": winner}, limit=100)) == 100
    assert look_up(world.team.pk, "t", {"who": "b" if winner == "a" else "a"}) == []


def test_the_log_is_chained_once_by_two_sweepers() -> None:
    world = personas()
    later = NOW.replace(hour=13)
    at_once([partial(chain_audit, now=later)] * 4)
    chain_audit(now=later)
    assert verify_chain()
    assert world.team.pk
