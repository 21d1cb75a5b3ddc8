"""The frame of every page in a real browser: keys, menus, dialogs, themes, toasts, forms without a script, and axe."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.waiting import until

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.js").read_text()
FOUND = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}))
  .violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`)"""
GUIDE = "/test/styleguide"
SIZES = [(1440, 900), (900, 800), (360, 740)]


@pytest.fixture
def guide(signed_in_page: Page) -> Page:
    """The style guide, with its keys at work."""
    signed_in_page.emulate_media(reduced_motion="reduce")
    signed_in_page.goto(GUIDE)
    return signed_in_page


def flaws(page: Page) -> list[str]:
    page.evaluate(AXE)
    return list(page.evaluate(FOUND))


def htmx(page: Page, method: str, address: str) -> None:
    """A request as a fragment of the page would make it, into a place of its own."""
    page.evaluate(
        """async ([method, address]) => {
             const { default: htmx } = await import("/static/vendor/htmx.js");
             const place = document.createElement("div");
             place.id = "place";
             document.querySelector("main").append(place);
             await htmx.ajax(method, address, { source: place, target: "#place" });
           }""",
        [method, address],
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_nothing_stands_in_anybodys_way(guide: Page, theme: str, size: tuple[int, int]) -> None:
    guide.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # a literal
    guide.set_viewport_size({"width": size[0], "height": size[1]})
    for address in (GUIDE, "/", "/accounts/2fa/", "/accounts/password/change/"):
        guide.goto(address)
        assert (address, flaws(guide)) == (address, [])
        assert guide.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/", "/no/such/page"])
def test_pages_before_the_sign_in_have_no_flaw(page: Page, address: str, transactional_db: None) -> None:
    page.goto(address)
    assert flaws(page) == []


def test_open_overlays_have_no_flaw(guide: Page) -> None:
    for opener in ("[popovertarget=user-menu]", "[commandfor=sample-drawer]", "[commandfor=sample-confirm]"):
        guide.click(opener)
        assert (opener, flaws(guide)) == (opener, [])
        guide.keyboard.press("Escape")


def test_a_question_mark_shows_the_keys_and_escape_gives_the_focus_back(guide: Page) -> None:
    guide.focus("#sample-menu ~ button")
    guide.keyboard.press("?")
    expect(guide.locator("#shortcuts")).to_be_visible()
    guide.keyboard.press("Escape")
    expect(guide.locator("#shortcuts")).to_be_hidden()
    assert guide.evaluate("document.activeElement.getAttribute('commandfor')") == "sample-confirm"


def test_keys_are_letters_in_a_field(guide: Page) -> None:
    guide.keyboard.press("/")
    expect(guide.locator("[data-search]")).to_be_focused()
    guide.keyboard.type("?/")
    expect(guide.locator("[data-search]")).to_have_value("?/")
    expect(guide.locator("#shortcuts")).to_be_hidden()


def test_single_letters_can_be_switched_off_and_stay_off(guide: Page) -> None:
    guide.keyboard.press("?")
    guide.get_by_role("button", name="Turn them off").click()
    expect(guide.locator("html")).to_have_attribute("data-keys", "off")
    guide.keyboard.press("?")
    guide.keyboard.press("/")
    expect(guide.locator("#shortcuts")).to_be_hidden()
    expect(guide.locator("[data-search]")).not_to_be_focused()


def test_arrows_walk_through_a_menu(guide: Page) -> None:
    guide.focus("[popovertarget=sample-menu]")
    guide.keyboard.press("Enter")
    expect(guide.get_by_role("button", name="Rename R")).to_be_focused()
    guide.keyboard.press("ArrowUp")
    expect(guide.locator("#sample-menu .is-danger")).to_be_focused()
    guide.keyboard.press("Escape")
    expect(guide.locator("[popovertarget=sample-menu]")).to_be_focused()


def test_a_theme_holds_at_once_and_on_the_next_page(guide: Page) -> None:
    guide.click("[popovertarget=user-menu]")
    with guide.expect_response("**/appearance/"):
        guide.click("[name=theme][value=dark]")
    expect(guide.locator("html")).to_have_attribute("data-theme", "dark")
    guide.goto("/")
    expect(guide.locator("html")).to_have_attribute("data-theme", "dark")
    assert guide.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 24)"


def test_a_theme_can_be_chosen_without_a_script(
    browser: Browser, server: str, context: BrowserContext, guide: Page
) -> None:
    plain = browser.new_context(base_url=server, java_script_enabled=False)
    plain.add_cookies(context.cookies())  # type: ignore[arg-type]  # the same shape
    page = plain.new_page()
    page.goto(GUIDE)
    page.click("[popovertarget=user-menu]")
    page.click("[name=theme][value=light]")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.url.endswith(GUIDE)
    plain.close()


def test_toasts_go_errors_stay(guide: Page) -> None:
    show = "(detail) => document.dispatchEvent(new CustomEvent('baton:toast', {detail}))"
    guide.evaluate(show, {"text": "Saved", "seconds": 0.05})
    guide.evaluate(show, {"text": "Broken", "tone": "error", "seconds": 0.05})
    expect(guide.locator("#toasts").get_by_text("Saved")).to_have_count(0)
    expect(guide.locator("#toasts [role=alert]").get_by_text("Broken")).to_be_visible()
    guide.locator("#toasts [role=alert] [data-slot=close]").click()
    expect(guide.locator("#toasts .toast")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "said"), [(403, "You may not do this"), (500, "Something broke"), (404, "no longer there")]
)
def test_a_request_that_failed_says_so_and_leaves_the_page(guide: Page, code: int, said: str) -> None:
    htmx(guide, "GET", f"/test/status/{code}")
    expect(guide.locator("#toasts")).to_contain_text(said)
    expect(guide.locator("#place")).to_be_empty()


@pytest.mark.parametrize("code", [200, 409, 422])
def test_an_answer_with_something_to_say_is_shown(guide: Page, code: int) -> None:
    htmx(guide, "GET", f"/test/status/{code}")
    expect(guide.locator("#place")).to_have_text(str(code))


def test_a_session_that_has_ended_is_told_and_no_sign_in_page_is_pasted_in(
    guide: Page, context: BrowserContext
) -> None:
    context.clear_cookies()
    htmx(guide, "GET", "/")
    expect(guide.locator("#toasts")).to_contain_text("You are signed out")
    expect(guide.locator("#place")).to_be_empty()


def test_a_fragment_brings_no_script_and_no_handler(guide: Page) -> None:
    htmx(guide, "GET", "/test/script")
    expect(guide.locator("#brought")).to_be_visible()
    assert guide.locator("#brought script").count() == 0
    guide.locator("#brought b").click()
    assert guide.evaluate("typeof x") == "undefined"


def test_htmx_sends_the_token_against_forged_requests(guide: Page) -> None:
    with guide.expect_response("**/appearance/") as answer:
        htmx(guide, "POST", "/appearance/")
    assert answer.value.status == 204
    assert answer.value.request.headers["x-csrftoken"]


def test_rows_come_and_go_and_errors_stand_at_their_fields(guide: Page) -> None:
    guide.fill("[name='input.message']", "Hello")
    guide.locator("[name='input~do'][value='add input.tags']").click()
    guide.fill("[name='input.tags.0']", "billing")
    guide.fill("[name='input.orders.0.number']", "0")
    expect(guide.locator("[name='input.message']")).to_have_value("Hello")
    guide.locator("#schema button.is-primary").click()
    expect(guide.locator("#schema .error-summary")).to_contain_text("Number")
    expect(guide.locator("[name='input.tags.0']")).to_have_value("billing")
    until(guide, "document.querySelector('#schema .error-summary') === document.activeElement")


def test_the_copy_button_copies_and_says_so(guide: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    guide.locator(".code copy-button button").first.click()
    expect(guide.locator("#announcer")).to_have_text("Copied")
    assert guide.evaluate("navigator.clipboard.readText()").startswith("baton run")
