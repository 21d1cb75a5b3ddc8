"""S6 and S9: every page for people who are not signed in, another team's owner, each role, and forged requests.

The table is compared with the addresses that the product has: one that is missing fails, and so does a method that is not in it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver
from pytest_django import DjangoDbBlocker

from history.run.controls import CONTROLS
from history.runs.export import KINDS
from history.runs.views import ACTIONS
from orchestrator.models import Question
from orchestrator.views.connection import VERBS as CONNECTION_VERBS
from orchestrator.views.limits import VERBS as LIMIT_VERBS
from reviews.models import Review
from teams.models import Member, User
from teams.policy import ALLOWED, Role
from tests.security.page_cases import CASES, PARTIAL
from tests.security.test_s06_routes import PAGES, addresses, signed_in, undone
from tests.world import MARK, World, fingerprint, world

SIGN_IN = "/accounts/login/"
PART = re.compile(r"<(?:\w+:)?(\w+)>")
PUBLIC: Mapping[str, tuple[str, *tuple[int, ...]]] = {
    "join/<str:secret>/": ("/join/nothing/", 404),
    "sign-in/<str:secret>/": ("/sign-in/nothing/", 404),
    "appearance/": ("/appearance/", 405),
    "healthz": ("/healthz", 200),
    "readyz": ("/readyz", 200, 503),
    "help/images/<str:name>": ("/help/images/nothing.png", 404),
}
OTHERS = ("api/v1/", "accounts/", "^accounts/")
"""Routes of the API: test_s06_routes.py. Of django-allauth: below."""


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One transaction for all these tests, so that the world is made once: what each of them does is undone."""
    with django_db_blocker.unblock(), undone():
        yield


@pytest.fixture(scope="module")
def there(db: None) -> World:
    return world()


def ask(client: Client, name: str, there: World, filled: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[int, str]:
    """The status and the text of the answer."""
    page, (method, route) = CASES[name], name.split(" ")[:2]
    address = "/" + PART.sub(lambda found: str(filled[found[1]]), route) + page.query.format(**filled)
    headers = PARTIAL if page.is_partial else {}
    answer = getattr(client, method.lower())(address, data, headers=headers)
    return answer.status_code, text_of(answer)


def text_of(answer: HttpResponseBase) -> str:
    """All that is told: the body, where it leads, and what is kept in cookies."""
    body = b"".join(answer.streaming_content if answer.streaming and not answer.is_async else answer)  # type: ignore[attr-defined]
    return body.decode(errors="replace") + answer.get("Location", "") + str(answer.cookies)


def filled(name: str, there: World) -> Mapping[str, Any]:
    more = {
        "workflow_id": there.version.workflow_id,
        "question": Review.objects.of(there.people.team).get(run=there.waiting).question_id,
    }
    return {**there.ids, **more, **CASES[name].ids(there)}


def make(there: World, role: Role) -> None:
    Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).update(role=role)


def works(name: str) -> int:
    return CASES[name].works or (200 if name.startswith("GET") else 302)


def test_every_page_is_in_the_table_and_no_other() -> None:
    known = {name.split(" ")[1] for name in CASES} | set(PUBLIC)
    found = {route for route in addresses(get_resolver()) if not route.startswith(OTHERS)}
    assert known == found
    assert found <= set(PAGES)


def test_every_verb_is_in_the_table() -> None:
    def verbs(route: str) -> set[str]:
        return {name.split(" ")[2] for name in CASES if name.split(" ")[1] == route}

    assert verbs("runs/<int:run_id>/do/<slug:verb>/") == set(CONTROLS)
    assert verbs("runs/bulk/") == set(ACTIONS)
    assert verbs("runs/export/<slug:kind>/") == set(KINDS)
    assert verbs("settings/connections/<int:connection_id>/<slug:verb>/") == set(CONNECTION_VERBS)
    assert verbs("settings/limits/<slug:verb>/") == set(LIMIT_VERBS)


@pytest.mark.parametrize("route", sorted({name.split(" ")[1] for name in CASES}))
def test_a_method_that_is_not_in_the_table_is_refused(route: str, there: World) -> None:
    names = [name for name in CASES if name.split(" ")[1] == route]
    with undone():
        make(there, Role.owner)
        address = "/" + PART.sub(lambda found: str(filled(names[0], there)[found[1]]), route)
        client, before = signed_in("alice"), fingerprint(there.people.team)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {name.split(" ")[0] for name in names}:
            assert client.generic(method, address).status_code == 405, method
        assert fingerprint(there.people.team) == before


@pytest.mark.parametrize("name", sorted(CASES))
def test_strangers_and_another_team_get_nothing_of_it_and_change_nothing(name: str, there: World) -> None:
    page = CASES[name]
    with undone():
        make(there, Role.owner)
        at, data = filled(name, there), page.data(there)
        before = fingerprint(there.people.team)
        status, text = ask(Client(), name, there, at, data)
        assert (status, SIGN_IN in text, MARK in text.replace(f"q%3D{MARK}", "")) == (302, True, False)
        status, text = ask(signed_in("charlie"), name, there, at, page.data(there))
        assert status == (page.elsewhere or works(name)), text
        assert MARK not in text.replace(f'value="{MARK}"', "") if "command-menu" not in name else True
        assert fingerprint(there.people.team) == before


@pytest.mark.parametrize("name", sorted(name for name in CASES if name.startswith("POST")))
def test_a_form_of_another_site_is_refused(name: str, there: World) -> None:
    with undone():
        make(there, Role.owner)
        at, data = filled(name, there), CASES[name].data(there)
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.get(email="bob@example.org"), settings.AUTHENTICATION_BACKENDS[0])
        before = fingerprint(there.people.team)
        assert ask(client, name, there, at, data)[0] == 403
        assert fingerprint(there.people.team) == before


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_role_may_on_a_page_what_the_role_table_says(name: str, there: World) -> None:
    page = CASES[name]
    for role in Role:
        with undone():
            make(there, Role.owner)
            at, data = filled(name, there), page.data(there)
            make(there, role)
            client, before = signed_in("bob"), fingerprint(there.people.team)
            status, text = ask(client, name, there, at, data)
            is_changed = fingerprint(there.people.team) != before
            if (page.action is None or page.action in ALLOWED[role]) and role in page.roles:
                assert status == works(name), (role, text)
                assert is_changed == (page.changes and name.startswith("POST")), role
            else:
                assert (role, status) in ((role, 403), (role, 404)), text
                assert not is_changed, role
                assert MARK not in text, role


def test_who_is_in_no_team_any_more_gets_nothing(there: World) -> None:
    with undone():
        client = signed_in("bob")
        Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).delete()
        for name in CASES:
            status, text = ask(client, name, there, filled_for_nobody(name, there), {})
            assert status in (200, 302, 403, 404), name
            assert MARK not in text or "command-menu" in name, name


def filled_for_nobody(name: str, there: World) -> Mapping[str, Any]:
    """The addresses alone: nothing is made for somebody who is in no team."""
    more = {
        "workflow_id": there.version.workflow_id,
        "question": 1,
        "verb": "cancel",
        "kind": "csv",
        "provider": "demo",
    }
    return {**there.ids, **more}


def test_another_team_cannot_be_chosen(there: World) -> None:
    with undone():
        client = signed_in("charlie")
        client.post("/team/", {"team": there.people.team.pk})
        for address in ("/runs/", "/workflows/", "/inbox/", "/settings/tables/", "/settings/members/"):
            assert MARK not in client.get(address).content.decode(), address


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_a_public_page_tells_nothing_of_anybody(route: str, there: World) -> None:
    address, *expected = PUBLIC[route]
    with undone():
        before = fingerprint(there.people.team)
        answer = Client().get(address)
        assert answer.status_code in expected
        assert MARK not in text_of(answer)
        Client().post(address)
        assert fingerprint(there.people.team) == before


def test_pages_of_accounts_show_and_change_nothing_of_a_team(there: World) -> None:
    routes = [route for route in addresses(get_resolver()) if route.startswith("accounts/") and "<" not in route]
    assert len(routes) > 10
    for route in routes:
        for client in (Client(), signed_in("charlie")):
            with undone():
                before = fingerprint(there.people.team)
                for answer in (client.get(f"/{route}"), client.post(f"/{route}")):
                    assert MARK not in text_of(answer), route
                assert fingerprint(there.people.team) == before, route


def test_the_question_of_the_world_is_there(there: World) -> None:
    """The cases of fragments would be 404 for everybody else."""
    assert Question.unscoped.filter(run=there.waiting, status="open").count() == 1
