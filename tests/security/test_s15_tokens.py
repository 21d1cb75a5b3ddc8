"""S15: API tokens and one-time links are random, stored as hashes, compared in constant time, and end."""

import ast
import inspect

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from teams import tokens
from teams.models import ApiToken, SignInLink, User
from teams.operations.sign_in import sign_in_link
from teams.operations.tokens import create_token
from teams.policy import Permission
from teams.tokens import digest_of, is_same, new_link_secret, new_token, prefix_of
from tests.personas import NOW, PASSWORD, personas


def test_a_token_has_256_random_bits_and_a_prefix_that_may_be_shown() -> None:
    made = {new_token() for _ in range(200)}
    assert len(made) == 200
    assert all(len(text.split("_", 2)[2]) == 43 and prefix_of(text) in text for text in made)
    assert len({new_link_secret() for _ in range(200)}) == 200


@pytest.mark.parametrize(
    "text", ["", "baton", "baton_short_x", "token_abcdefgh_x", "baton_abcdefgh", "baton_äbcdefgh_x"]
)
def test_what_is_no_token_has_no_prefix(text: str) -> None:
    assert prefix_of(text) == ""


def test_secrets_are_compared_in_constant_time_and_against_nobody_too() -> None:
    text = new_token()
    assert is_same(text, digest_of(text))
    assert not is_same(text, digest_of(text + "x"))
    assert not is_same(text, None)
    calls = [
        ast.unparse(node.func) for node in ast.walk(ast.parse(inspect.getsource(tokens))) if isinstance(node, ast.Call)
    ]
    assert "hmac.compare_digest" in calls


@pytest.mark.django_db
def test_neither_table_holds_what_lets_one_in() -> None:
    world = personas()
    text = create_token(by=world.alice, name="t", permissions=[Permission.read], expires_at=None, now=NOW).text
    path = sign_in_link(user=User.objects.get(pk=world.alice.user_id or 0), now=NOW)
    stored = str([*ApiToken.unscoped.values(), *SignInLink.objects.values()])
    assert text not in stored
    assert text.split("_", 2)[2] not in stored
    assert path.strip("/").rpartition("/")[2] not in stored


def with_second_factor(user_id: int | None) -> User:
    user = User.objects.get(pk=user_id or 0)
    TOTP.activate(user, generate_totp_secret())
    return user


@pytest.mark.django_db
def test_a_right_password_needs_the_second_factor_where_there_is_one() -> None:
    cache.clear()
    world = personas()
    with_second_factor(world.alice.user_id)
    client = Client()
    response = client.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})
    assert response.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_a_one_time_link_needs_the_second_factor_too() -> None:
    cache.clear()
    world = personas()
    user = with_second_factor(world.alice.user_id)
    client = Client()
    path = sign_in_link(user=user, now=timezone.now())
    response = client.post(path)
    assert response.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in client.session
