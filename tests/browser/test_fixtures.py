"""The fixtures of this folder do what they say: people are signed in, with the role that was asked for."""

import pytest
from playwright.sync_api import Page

from teams.policy import Role


def test_a_page_is_nobody_s_before_somebody_signs_in(page: Page, transactional_db: None) -> None:
    page.goto("/")
    assert "/accounts/login/" in page.url


@pytest.mark.parametrize("role", [Role.owner, Role.viewer])
def test_somebody_is_signed_in(page: Page, sign_in, role: Role) -> None:
    user = sign_in(role)
    page.goto("/")
    assert "/accounts/login/" not in page.url
    assert user.email == ("alice@example.org" if role is Role.owner else "bob@example.org")
    answer = page.request.get("/api/v1/me")
    assert answer.status == 200
    assert answer.json()["role"] == role.value
