"""S9: a cookie counts with its CSRF token only, an API token in its header only."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from teams.authentication import CHOSEN_TEAM, NoCsrfToken, NoTeam, WrongToken, caller_of
from teams.errors import NotSignedIn
from teams.models import User
from teams.operations.members import add_member, remove_member
from teams.operations.tokens import create_token
from teams.policy import Permission, Role
from tests.personas import NOW, Personas, person, personas

pytestmark = pytest.mark.django_db

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def request(user: User | None, method: str = "GET", **headers: str) -> HttpRequest:
    """What the API is called with: as Django's middleware hands it over, CSRF not yet checked."""
    made = RequestFactory(enforce_csrf_checks=True).generic(method, "/api/v1/runs", headers=headers)
    made.user = user or AnonymousUser()
    made.session = SessionStore()
    return made


def alice(world: Personas) -> User:
    return User.objects.get(pk=world.alice.user_id or 0)


def token(world: Personas, permission: Permission = Permission.read) -> str:
    return create_token(by=world.alice, name="t", permissions=[permission], expires_at=None, now=NOW).text


def test_a_session_is_its_person_in_a_team() -> None:
    world = personas()
    assert caller_of(request(alice(world)), now=NOW) == world.alice


@pytest.mark.parametrize("method", UNSAFE)
def test_a_session_changes_nothing_without_its_csrf_token(method: str) -> None:
    with pytest.raises(NoCsrfToken):
        caller_of(request(alice(personas()), method), now=NOW)


@pytest.mark.parametrize("method", UNSAFE)
def test_a_session_with_its_csrf_token_may_go_on(method: str) -> None:
    world = personas()
    made = request(alice(world), method)
    secret = get_token(made)
    made.COOKIES["baton_csrf"] = made.META["CSRF_COOKIE"]
    made.META["HTTP_X_CSRFTOKEN"] = secret
    assert caller_of(made, now=NOW) == world.alice


def test_a_csrf_token_of_another_session_is_refused() -> None:
    made = request(alice(personas()), "POST")
    get_token(made)
    made.COOKIES["baton_csrf"] = made.META["CSRF_COOKIE"]
    made.META["HTTP_X_CSRFTOKEN"] = get_token(request(None))
    with pytest.raises(NoCsrfToken):
        caller_of(made, now=NOW)


def test_a_form_of_another_origin_is_refused_even_with_the_token() -> None:
    made = request(alice(personas()), "POST", Origin="https://evil.example")
    secret = get_token(made)
    made.COOKIES["baton_csrf"] = made.META["CSRF_COOKIE"]
    made.META["HTTP_X_CSRFTOKEN"] = secret
    with pytest.raises(NoCsrfToken):
        caller_of(made, now=NOW)


@pytest.mark.parametrize("method", ["GET", *UNSAFE])
def test_a_token_in_its_header_needs_no_cookie(method: str) -> None:
    world = personas()
    found = caller_of(request(None, method, Authorization=f"Bearer {token(world)}"), now=NOW)
    assert (found.member_id, found.permissions) == (world.alice.member_id, frozenset({Permission.read}))


PLACES: list[Callable[[HttpRequest, str], None]] = [
    lambda made, text: made.META.update({"QUERY_STRING": f"token={text}&access_token={text}"}),
    lambda made, text: made.COOKIES.update({"token": text, "Authorization": f"Bearer {text}"}),
    lambda made, text: made.META.update({"HTTP_X_API_KEY": text}),
]


@pytest.mark.parametrize("put", PLACES, ids=["query", "cookie", "other header"])
def test_a_token_counts_nowhere_else(put: Callable[[HttpRequest, str], None]) -> None:
    made = request(None)
    put(made, token(personas()))
    with pytest.raises(NotSignedIn):
        caller_of(made, now=NOW)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YTpi", "Bearer baton_aaaaaaaa_nothing", "", "Bearer \u00e4"]
)
def test_a_wrong_header_never_falls_back_to_the_cookie(header: str) -> None:
    with pytest.raises(WrongToken):
        caller_of(request(alice(personas()), Authorization=header), now=NOW)


def test_nobody_is_nobody() -> None:
    with pytest.raises(NotSignedIn, match="Sign in, or send an API token"):
        caller_of(request(None), now=NOW)


def test_who_is_in_no_team_is_told_so() -> None:
    with pytest.raises(NoTeam):
        caller_of(request(person("dora")), now=NOW)


def test_a_session_looks_at_the_team_that_was_chosen_while_its_person_is_in_it() -> None:
    world = personas()
    made = request(alice(world))
    made.session[CHOSEN_TEAM] = world.other_team.pk
    assert caller_of(made, now=NOW).team_id == world.team.pk
    added = add_member(by=world.charlie, email="alice@example.org", role=Role.viewer, now=NOW)
    found = caller_of(made, now=NOW)
    assert (found.team_id, found.role) == (world.other_team.pk, Role.viewer)
    remove_member(by=world.charlie, member_id=added.pk, now=NOW)
    assert caller_of(made, now=NOW).team_id == world.team.pk


def test_the_pages_of_this_app_refuse_a_form_without_its_token() -> None:
    world = personas()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice(world), backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/team/", {"team": world.team.pk}).status_code == 403
    assert strict.post("/sign-in/anything/").status_code == 403
    assert strict.post("/accounts/logout/").status_code == 403
