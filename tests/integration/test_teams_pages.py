"""The pages around signing in: the one-time link, the first page, choosing a team."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config.policy import POLICY
from teams.models import SignInLink, User
from teams.operations.members import add_member
from teams.operations.sign_in import sign_in_link
from teams.policy import Role
from tests.personas import NOW, PASSWORD, Personas, personas

pytestmark = pytest.mark.django_db

PAGES = (
    "/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/logout/",
)


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    cache.clear()


def signed_in(_world: Personas, who: str = "alice") -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": f"{who}@example.org", "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


def link(world: Personas, **lasts: timedelta) -> str:
    return sign_in_link(user=User.objects.get(pk=world.alice.user_id or 0), now=timezone.now(), **lasts)


def is_used() -> bool:
    return SignInLink.objects.get().used_at is not None


def test_a_link_shows_a_button_and_signs_nobody_in() -> None:
    path, client = link(personas()), Client()
    for method in (client.get, client.head, client.get):
        response = method(path)
        assert response.status_code == 200
    assert re.search(r'<button [^>]*type="submit">Sign in</button>', response.content.decode())
    assert "_auth_user_id" not in client.session
    assert not is_used()


def test_a_mail_scanner_that_follows_everything_on_the_page_signs_nobody_in() -> None:
    path, client = link(personas()), Client()
    for address in re.findall(r'(?:href|src|action)="([^"#]+)"', client.get(path).content.decode()):
        client.get(address)
    assert "_auth_user_id" not in client.session
    assert not is_used()


def test_the_button_signs_in_and_lands_where_the_work_is() -> None:
    path, client = link(personas()), Client()
    response = client.post(path, follow=True)
    assert response.redirect_chain[0][0] == "/"
    assert response.status_code == 200
    assert "alice@example.org" in response.content.decode()
    assert is_used()


def test_a_used_or_old_link_says_what_to_do_next() -> None:
    world = personas()
    path = link(world)
    Client().post(path)
    old = link(world, lasts=timedelta(seconds=-1))
    for dead in (path, old, "/sign-in/nothing/"):
        for response in (Client().get(dead), Client().post(dead)):
            assert response.status_code == 404
            assert "Ask for a new one" in response.content.decode()


def test_a_links_page_is_neither_kept_nor_told_to_others() -> None:
    response = Client().get(link(personas()))
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_the_first_page_is_behind_the_sign_in() -> None:
    response = Client().get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?next=/")


def test_the_first_page_leads_to_where_the_work_is() -> None:
    client = signed_in(personas(bobs_role=Role.reviewer))
    assert client.get("/").headers["Location"] in {"/workflows/", "/runs/"}
    assert client.get("/", follow=True).status_code == 200


def test_who_only_reviews_is_led_to_the_inbox_or_the_profile() -> None:
    client = signed_in(personas(bobs_role=Role.reviewer), "bob")
    assert client.get("/").headers["Location"] in {"/inbox/", "/settings/profile/"}


def test_who_is_in_no_team_is_told_whom_to_ask() -> None:
    world = personas()
    User.objects.create_user("dora@example.org", PASSWORD)
    assert "You are in no team. Ask an admin" in signed_in(world, "dora").get("/").content.decode()


def test_a_person_of_two_teams_changes_between_them() -> None:
    world = personas()
    add_member(by=world.charlie, email="alice@example.org", role=Role.viewer, now=NOW)
    client = signed_in(world)
    assert f'value="{world.other_team.pk}"' in client.get("/settings/profile/").content.decode()
    client.post("/team/", {"team": world.other_team.pk})
    page = client.get("/settings/team/").content.decode()
    assert re.search(r"<h1>\s*Charlie&#x27;s team\s*</h1>", page)
    assert "Rename" not in page


@pytest.mark.parametrize("team", ["", "x", "-1", "9" * 30, "²"])
def test_a_team_that_is_none_is_ignored(team: str) -> None:
    client = signed_in(personas())
    assert client.post("/team/", {"team": team}).status_code == 302
    assert client.get("/", follow=True).status_code == 200


def test_the_sign_in_page_offers_password_and_passkey_and_no_sign_up() -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert 'type="password"' in page
    assert 'id="passkey_login"' in page
    assert "signup" not in page


def test_nobody_takes_the_address_of_somebody_who_may_be_invited_later() -> None:
    client = signed_in(personas())
    assert client.get("/accounts/email/").status_code == 404
    assert client.post("/accounts/email/", {"email": "boss@example.org", "action_add": ""}).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_inline_script_style_or_handler(path: str) -> None:
    client = Client() if "login" in path or "reset" in path else signed_in(personas())
    response = client.get(path, follow=True)
    page = response.content.decode()
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"] == POLICY
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) == []
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert '<link rel="stylesheet" href="/static/css/base.css">' in page
