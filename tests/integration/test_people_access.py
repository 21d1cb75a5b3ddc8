"""Who may open and do what on the pages about people: each role, another team, nobody. test_s06_routes.py leads here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from teams.models import ApiToken, AuditEntry, Member, Table, Team, User
from teams.operations.tables import import_table
from teams.operations.tokens import create_token
from teams.policy import ALLOWED, Action, Permission, Role
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db]
MARK = "only-alices-team-reads-this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A page or a form of one. `needs`: what a role must be allowed to do; None: every member. `shared`: every team has it."""

    needs: Action | None
    posts: Mapping[str, Any] | None = None
    shared: bool = True
    works: frozenset[int] = field(default_factory=lambda: frozenset({200, 302}))


CASES: Mapping[str, Case] = {
    "settings/": Case(needs=None),
    "settings/team/": Case(needs=Action.see),
    "settings/team/ POST": Case(needs=Action.edit_switch, posts={"name": "New name"}),
    "settings/team/code/ POST": Case(needs=Action.edit_switch, posts={"code": "on"}),
    "settings/team/delete/ POST": Case(needs=Action.delete_team, posts={"name": "no"}),
    "settings/profile/": Case(needs=None),
    "settings/profile/ POST": Case(needs=None, posts={"name": "Me", "time_zone": "Europe/Berlin"}),
    "settings/profile/sign-out/ POST": Case(needs=None, posts={}),
    "settings/profile/leave/ POST": Case(needs=None, posts={}),
    "settings/profile/new-team/ POST": Case(needs=Action.edit_members, posts={"name": "Another"}),
    "settings/members/": Case(needs=Action.see),
    "settings/members/new/": Case(needs=Action.edit_members),
    "settings/members/new/ POST": Case(needs=Action.edit_members, posts={"email": "new@example.org", "role": "viewer"}),
    "settings/members/{member}/": Case(needs=Action.edit_members, shared=False),
    "settings/members/{member}/ POST": Case(needs=Action.edit_members, posts={"role": "runner"}, shared=False),
    "settings/members/{member}/remove/ POST": Case(needs=Action.edit_members, posts={}, shared=False),
    "settings/members/{member}/link/ POST": Case(needs=Action.edit_members, posts={}, shared=False),
    "settings/tokens/": Case(needs=Action.edit_own_tokens),
    "settings/tokens/new/": Case(needs=Action.edit_own_tokens),
    "settings/tokens/new/ POST": Case(needs=Action.edit_own_tokens, posts={"name": "t", "permissions": "review"}),
    "settings/tokens/{token}/revoke/ POST": Case(needs=Action.see_all_tokens, posts={}, shared=False),
    "settings/audit/": Case(needs=Action.see_audit),
    "settings/audit/verify/ POST": Case(needs=Action.see_audit, posts={}),
    "settings/audit/export/": Case(needs=Action.see_audit),
    "settings/tables/": Case(needs=Action.see),
    "settings/tables/import/ POST": Case(needs=Action.edit_table, posts={"mark": "x"}),
    "settings/tables/rows/{table}/": Case(needs=Action.see, shared=False),
    "settings/tables/delete/{table}/ POST": Case(needs=Action.edit_table, posts={}, shared=False),
}
NAMES = list(CASES)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Alice's team with one of everything, and the values that fill addresses."""

    people: Personas
    ids: Mapping[str, Any]


@pytest.fixture
def there() -> World:
    people = personas()
    import_table(by=people.alice, name=MARK, rows=[{"who": MARK}], now=NOW)
    token = create_token(by=people.alice, name=MARK, permissions=[Permission.read], expires_at=None, now=NOW)
    third = User.objects.create_user("third@example.org", name=MARK)
    member = Member.objects.create(team=people.team, user=third, role=Role.viewer)
    return World(people=people, ids={"member": member.pk, "token": token.id, "table": MARK})


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"{name}@example.org"), "django.contrib.auth.backends.ModelBackend")
    return client


def send(client: Client, name: str, there: World) -> tuple[int, str]:
    address = "/" + name.removesuffix(" POST").format(**there.ids)
    answer: Any = client.post(address, CASES[name].posts) if name.endswith(" POST") else client.get(address)
    return answer.status_code, b"".join(answer).decode()


def fingerprint() -> dict[str, list[Any]]:
    """What a refused request must leave as it was."""
    models = (Team, Member, ApiToken, Table, User)
    manager = {model.__name__: getattr(model, "unscoped", model._default_manager) for model in models}
    return {name: list(rows.order_by("pk").values()) for name, rows in manager.items()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_role_table_says(there: World, name: str, role: Role) -> None:
    Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).update(role=role)
    before, needs = fingerprint(), CASES[name].needs
    client = signed_in("bob")
    status, text = send(client, name, there)
    if needs is None or needs in ALLOWED[role]:
        assert status in CASES[name].works, text
    else:
        assert status == 403
        assert MARK not in text
        after = fingerprint()
        assert [{**row, "last_login": None} for row in after.pop("User")] == [
            {**row, "last_login": None} for row in before.pop("User")
        ]
        assert after == before


@pytest.mark.parametrize("name", [name for name in NAMES if not CASES[name].shared])
def test_what_another_team_has_is_not_found(there: World, name: str) -> None:
    client = signed_in("charlie")
    before = fingerprint()
    status, text = send(client, name, there)
    assert status == 404
    assert MARK not in text
    assert fingerprint() == before


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].shared and not name.endswith("POST")])
def test_pages_of_another_team_show_nothing_of_this_one(there: World, name: str) -> None:
    status, text = send(signed_in("charlie"), name, there)
    assert status in {200, 302}
    assert MARK not in text
    assert "alice@example.org" not in text


@pytest.mark.parametrize("name", NAMES)
def test_who_is_not_signed_in_is_led_to_the_sign_in(there: World, name: str) -> None:
    client, before = Client(), fingerprint()
    address = "/" + name.removesuffix(" POST").format(**there.ids)
    answer = client.post(address, CASES[name].posts) if name.endswith(" POST") else client.get(address)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")
    assert fingerprint() == before


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(" POST")])
def test_a_form_of_another_site_is_refused(there: World, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(email="alice@example.org"), "django.contrib.auth.backends.ModelBackend")
    before = fingerprint()
    status, _text = send(client, name, there)
    assert status == 403
    assert fingerprint() == before


def test_the_menu_shows_only_what_the_role_may_see(there: World) -> None:
    bob = Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0)
    for role, seen, hidden in (
        (Role.reviewer, ("profile", "tokens"), ("members", "audit", "tables", "team", "connections", "limits")),
        (Role.viewer, ("profile", "tokens", "members", "tables", "team"), ("audit", "connections", "limits")),
        (Role.admin, ("profile", "tokens", "members", "tables", "team", "audit"), ()),
    ):
        bob.update(role=role)
        text = signed_in("bob").get("/settings/profile/").content.decode()
        assert [name for name in seen if f'href="/settings/{name}/"' not in text] == [], role
        assert [name for name in hidden if f'href="/settings/{name}/"' in text] == [], role


def test_a_person_without_a_team_is_led_to_the_page_that_says_what_to_do(there: World) -> None:
    Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).delete()
    client = signed_in("bob")
    assert client.get("/settings/profile/")["Location"] == "/"
    assert "bob@example.org" in client.get("/").content.decode()


def test_nothing_of_the_audit_log_is_changed_by_looking(there: World) -> None:
    before = AuditEntry.unscoped.count()
    client = signed_in("alice")
    client.get("/settings/audit/")
    client.post("/settings/audit/verify/")
    assert AuditEntry.unscoped.count() == before
