"""S15: how people sign in: Argon2, no sign-up, limited tries, second factors and passkeys, single sign-on by settings."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from allauth.account import app_settings
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from config.environment import VARIABLES
from config.settings import AUTH_PASSWORD_VALIDATORS, PASSWORD_HASHERS

TRIES = 12


def test_passwords_are_stored_with_argon2() -> None:
    assert PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


def test_short_and_common_passwords_are_refused() -> None:
    validators: list[Any] = list(AUTH_PASSWORD_VALIDATORS)
    names = {one["NAME"].rpartition(".")[2] for one in validators}
    assert {"MinimumLengthValidator", "CommonPasswordValidator"} <= names


@pytest.mark.django_db
def test_nobody_signs_up_on_their_own() -> None:
    form = {"email": "new@example.org", "password1": "a long enough one", "password2": "a long enough one"}
    Client().post("/accounts/signup/", form)
    assert not get_user_model().objects.filter(email="new@example.org").exists()


@pytest.mark.django_db
def test_guessing_a_password_is_slowed_down() -> None:
    cache.clear()
    get_user_model().objects.create_user("ada@example.org", "correct horse battery")
    client = Client()
    for _ in range(TRIES):
        client.post("/accounts/login/", {"login": "ada@example.org", "password": "wrong"})
    client.post("/accounts/login/", {"login": "ada@example.org", "password": "correct horse battery"})
    assert "_auth_user_id" not in client.session
    assert "login_failed" in app_settings.RATE_LIMITS


@pytest.mark.django_db
def test_the_right_password_signs_in() -> None:
    cache.clear()
    get_user_model().objects.create_user("ada@example.org", "correct horse battery")
    client = Client()
    client.post("/accounts/login/", {"login": "Ada@example.org", "password": "correct horse battery"})
    assert "_auth_user_id" in client.session


def test_second_factors_and_passkeys_are_there() -> None:
    assert {"totp", "webauthn", "recovery_codes"} == set(settings.MFA_SUPPORTED_TYPES)
    assert settings.MFA_PASSKEY_LOGIN_ENABLED


def read_under(data: Path, **own: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **{one.name: "" for one in VARIABLES}, "BATON_DATA": str(data), **own}
    code = "from config import settings as s; print(s.SOCIALACCOUNT_PROVIDERS)"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_single_sign_on_is_off_until_the_operator_names_an_issuer(tmp_path: Path) -> None:
    assert read_under(tmp_path).stdout.strip() == "{}"
    named = read_under(tmp_path, BATON_OIDC_URL="https://login.example", BATON_OIDC_CLIENT="baton")
    assert "https://login.example" in named.stdout
    assert "'OAUTH_PKCE_ENABLED': True" in named.stdout


def test_an_issuer_without_encryption_is_refused(tmp_path: Path) -> None:
    done = read_under(tmp_path, BATON_OIDC_URL="http://login.example", BATON_OIDC_CLIENT="baton")
    assert done.returncode != 0
    assert "must be https://" in done.stderr
