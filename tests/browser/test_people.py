"""Somebody comes in by a link, invites a second person, who joins in another browser; passkeys; and no page has a flaw."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from teams.authentication import caller_in_team
from teams.models import Member, User
from teams.operations.sign_in import sign_in_link
from teams.operations.tables import import_table
from teams.operations.tokens import create_token
from teams.policy import Permission, Role
from tests.browser.conftest import WATCH
from tests.browser.test_shell import flaws
from tests.personas import NOW, personas

PAGES = (
    "/settings/profile/",
    "/settings/team/",
    "/settings/members/",
    "/settings/members/new/",
    "/settings/tokens/",
    "/settings/tokens/new/",
    "/settings/audit/",
    "/settings/tables/",
    "/settings/tables/rows/prices/",
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
)
HEAVIEST = 150 * 1024


@pytest.fixture
def other_browser(browser: Browser, server: str) -> Iterator[Page]:
    """Somebody else's, with nothing in common."""
    context = browser.new_context(base_url=server)
    context.add_init_script(WATCH)
    page = context.new_page()
    yield page
    assert page.evaluate("window.refused ?? []") == []
    context.close()


def newcomer_link() -> str:
    """The operator's link for somebody who owns a team and has no password."""
    people = personas()
    user = User.objects.create_user("olga@example.org", name="Olga")
    Member.objects.create(team=people.team, user=user, role=Role.owner)
    return sign_in_link(user=user, now=timezone.now())


def test_a_second_person_is_invited_and_joins_in_another_browser(
    page: Page, other_browser: Page, transactional_db: None
) -> None:
    page.goto(newcomer_link())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This link worked once")).to_be_visible()
    page.goto("/settings/members/")
    page.get_by_role("link", name="Add a member").click()
    page.get_by_label("E-mail address").fill("ben@example.org")
    page.get_by_label("Editor").check()
    page.get_by_role("button", name="Add to the team").click()
    link = page.locator("#invitation").inner_text()

    other_browser.goto(link)
    expect(other_browser.get_by_role("heading", name="Join Alice's team")).to_be_visible()
    other_browser.get_by_label("Your name").fill("Ben")
    other_browser.get_by_role("button", name="Join").click()
    expect(other_browser.get_by_text("Set a password or a passkey")).to_be_visible()
    other_browser.goto("/settings/members/")
    expect(other_browser.get_by_role("row", name=re.compile("Ben.*You"))).to_be_visible()

    page.goto("/settings/members/")
    expect(page.get_by_role("row", name=re.compile("Ben.*Editor"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Ben"))).not_to_contain_text("Not in yet")


def test_a_passkey_is_added_and_signs_in_without_a_password(page: Page, transactional_db: None) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(newcomer_link())
    page.get_by_role("button", name="Sign in").click()
    page.goto("/settings/profile/")
    page.locator(".banner").get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/accounts/2fa/**")
    page.goto("/settings/profile/")
    expect(page.get_by_text("My laptop")).to_be_visible()
    expect(page.get_by_text("Set a password or a passkey")).to_have_count(0)
    page.goto("/accounts/2fa/webauthn/")
    expect(page.locator("strong", has_text="My laptop")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda address: "/accounts/" not in address)
    page.goto("/settings/profile/")
    expect(page.get_by_text("You sign in as olga@example.org.")).to_be_visible()


def test_members_are_found_while_somebody_types(signed_in_page: Page) -> None:
    signed_in_page.goto("/settings/members/")
    signed_in_page.keyboard.press("/")
    signed_in_page.keyboard.type("bob")
    expect(signed_in_page.locator("#members tbody tr")).to_have_count(1)
    expect(signed_in_page).to_have_url(re.compile(r"\?q=bob"))


def test_the_browsers_time_zone_is_offered(browser: Browser, server: str, sign_in: Callable[[Role], User]) -> None:
    user = sign_in(Role.owner)
    context = browser.new_context(base_url=server, timezone_id="Europe/Berlin")
    page = context.new_page()
    page.goto(sign_in_link(user=user, now=timezone.now()))
    page.get_by_role("button", name="Sign in").click()
    page.goto("/settings/profile/")
    page.get_by_role("button", name="Take this browser's: Europe/Berlin").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_no_page_has_a_flaw(signed_in_page: Page, theme: str, width: int) -> None:
    _fill()
    page = signed_in_page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # a literal
    page.set_viewport_size({"width": width, "height": 800})
    for address in PAGES:
        answer = page.goto(address)
        assert answer
        assert (address, answer.status, flaws(page)) == (address, 200, [])
        assert len(answer.body()) < HEAVIEST
        assert (address, page.evaluate("document.documentElement.scrollWidth <= innerWidth")) == (address, True)


def test_dialogs_of_the_settings_have_no_flaw(signed_in_page: Page) -> None:
    _fill()
    page = signed_in_page
    for address, dialog in (
        ("/settings/profile/", "sign-out"),
        ("/settings/profile/", "leave"),
        ("/settings/team/", "delete-team"),
        ("/settings/tables/rows/prices/", "delete"),
    ):
        page.goto(address)
        page.locator(f"[commandfor={dialog}]").first.click()
        expect(page.locator(f"#{dialog}")).to_be_visible()
        assert (dialog, flaws(page)) == (dialog, [])


def test_the_settings_work_without_a_script(
    browser: Browser, server: str, context: BrowserContext, sign_in: Callable[[Role], User]
) -> None:
    sign_in(Role.owner)
    plain = browser.new_context(base_url=server, java_script_enabled=False)
    plain.add_cookies(context.cookies())  # type: ignore[arg-type]  # the same shape
    page = plain.new_page()
    page.goto("/settings/members/new/")
    page.get_by_label("E-mail address").fill("ben@example.org")
    page.get_by_role("button", name="Add to the team").click()
    expect(page.locator("#invitation")).to_contain_text("/join/")
    plain.close()


def _fill() -> None:
    """Something on every page."""
    by = caller_in_team(User.objects.get(email="alice@example.org"))
    import_table(by=by, name="prices", rows=[{"sku": str(number), "price": number} for number in range(120)], now=NOW)
    create_token(by=by, name="Import", permissions=[Permission.read], expires_at=None, now=NOW)
