"""The inbox and a review in a real browser: by keys, with a race, an undo, a reload, at 360 px, without a script, with axe."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from reviews.models import Review
from reviews.operations import apply_due
from reviews.pages import clock
from teams.models import Member, Team, User
from teams.policy import Role
from tests import runs as played
from tests.browser.test_shell import flaws
from tests.browser.waiting import until
from tests.world import gated

pytestmark = pytest.mark.usefixtures("transactional_db")
TEXT = "Dear Ann,\n\nyour invoice is right."


@pytest.fixture
def team(sign_in: Callable[[Role], User]) -> Team:
    """Alice is signed in."""
    user = sign_in(Role.owner)
    return Member.unscoped.get(user=user).team


@pytest.fixture
def bobs(browser: Browser, server: str, team: Team) -> Iterator[Page]:
    """A page of Bob's own browser."""
    context = browser.new_context(base_url=server)
    enter(context, User.objects.get(email="bob@example.org"))
    yield context.new_page()
    context.close()


def enter(context: BrowserContext, user: User) -> None:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}])


def a_reply(team: Team, text: str = TEXT) -> Review:
    run = played.start(played.a_version(gated("{{ inputs.message }}"), team=team), {"message": text})
    played.work(run)
    return Review.objects.of(team).get(run=run)


def go_on(review: Review) -> None:
    """The undo window is over, and the worker works."""
    apply_due((clock.now() + timedelta(seconds=11)).timestamp())
    played.work(review.run_id)
    review.refresh_from_db()


def opened(page: Page, review: Review) -> Page:
    page.goto(f"/inbox/{review.pk}/")
    expect(page.locator("review-item[data-scripted]")).to_have_attribute("data-review", str(review.pk))
    return page


def decided(page: Page, review: Review, key: str) -> None:
    with page.expect_response(f"**/inbox/{review.pk}/decide/**"):
        page.keyboard.press(key)


def test_a_reply_is_edited_approved_undone_and_approved_again_by_keys_alone(page: Page, team: Team) -> None:
    review = a_reply(team)
    page.goto("/inbox/?view=all")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox/")
    until(page, "customElements.get('live-inbox') !== undefined")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{review.pk}/")
    expect(page.locator("review-item[data-scripted]")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("[name=value]")).to_be_focused()
    page.keyboard.type("Good morning! ")
    expect(page.get_by_role("button", name="Approve with edits")).to_be_visible()
    expect(page.get_by_text("Edited · Reset")).to_be_visible()
    decided(page, review, "Control+Enter")
    expect(page.get_by_text("All caught up")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("[name=value]")).to_have_value(f"Good morning! {TEXT}")
    review.refresh_from_db()
    assert review.status == "open"
    expect(page.get_by_role("button", name="Approve with edits")).to_be_visible()
    decided(page, review, "1")
    expect(page.get_by_text("All caught up")).to_be_visible()
    go_on(review)
    assert played.status(review.run_id) == "succeeded"
    assert played.output(review.run_id)["reply"] == f"Good morning! {TEXT}"
    page.goto(f"/inbox/{review.pk}/")
    expect(page.locator(".review-provenance h3")).to_contain_text("Edited by")
    expect(page.locator(".review-provenance ins")).to_contain_text("Good morning!")


def test_the_second_of_two_learns_who_was_first_and_keeps_the_text(page: Page, bobs: Page, team: Team) -> None:
    review = a_reply(team)
    opened(page, review)
    opened(bobs, review)
    page.keyboard.press("e")
    page.keyboard.type("Alice's words. ")
    decided(bobs, review, "1")
    decided(page, review, "Control+Enter")
    expect(page.get_by_text("What you had typed")).to_be_visible()
    expect(page.locator("review-item")).to_contain_text("Alice's words.")
    expect(page.locator("review-item")).to_contain_text("decided this at")


def test_a_claim_is_seen_in_the_other_browser_and_can_be_taken_over(page: Page, bobs: Page, team: Team) -> None:
    review = a_reply(team)
    opened(bobs, review).keyboard.press("c")
    expect(bobs.locator("[data-mine]")).to_contain_text("Yours for")
    opened(page, review)
    expect(page.locator("[data-standing]")).to_contain_text("is working on this")
    page.keyboard.press("c")
    expect(page.locator("[data-mine]")).to_contain_text("Yours for")


def test_a_reload_loses_nothing_that_was_typed(page: Page, team: Team) -> None:
    review = a_reply(team)
    opened(page, review)
    page.keyboard.press("e")
    page.keyboard.type("Kept. ")
    page.fill("[name=comment]", "because")
    until(page, f"localStorage.getItem('reviews-draft:{review.pk}')?.includes('because')")
    opened(page, review)
    expect(page.locator("[name=value]")).to_have_value(f"Kept. {TEXT}")
    expect(page.locator("[name=comment]")).to_have_value("because")
    expect(page.get_by_role("button", name="Approve with edits")).to_be_visible()
    page.locator("[data-reset]").click()
    expect(page.locator("[name=value]")).to_have_value(TEXT)
    expect(page.get_by_role("button", name="Approve 1", exact=True)).to_be_visible()


def test_changes_are_compared_word_by_word(page: Page, team: Team) -> None:
    opened(page, a_reply(team))
    page.keyboard.press("e")
    page.fill("[name=value]", TEXT.replace("right", "wrong"))
    page.locator("#review-title").click()
    page.keyboard.press("d")
    expect(page.locator("[data-diff] del")).to_have_text("right")
    expect(page.locator("[data-diff] ins")).to_have_text("wrong")


def test_a_request_for_changes_waits_for_its_comment(page: Page, team: Team) -> None:
    review = a_reply(team)
    opened(page, review)
    page.keyboard.press("2")
    expect(page.locator("[name=comment]")).to_be_focused()
    page.keyboard.type("Shorter")
    decided(page, review, "Control+Enter")
    review.refresh_from_db()
    assert review.verdict == "changes_requested"


def test_j_and_k_walk_from_review_to_review_and_back(page: Page, team: Team) -> None:
    first, second = a_reply(team), a_reply(team, "Another")
    opened(page, first)
    page.keyboard.press("j")
    expect(page.locator("review-item")).to_have_attribute("data-review", str(second.pk))
    assert page.url.endswith(f"/inbox/{second.pk}/")
    page.keyboard.press("k")
    expect(page.locator("review-item")).to_have_attribute("data-review", str(first.pk))
    decided(page, first, "1")
    expect(page.locator("review-item")).to_have_attribute("data-review", str(second.pk))
    until(page, f"location.pathname === '/inbox/{second.pk}/'")


def test_a_reload_keeps_the_claim_and_going_on_gives_it_up(page: Page, team: Team) -> None:
    review, other = a_reply(team), a_reply(team)
    opened(page, review).keyboard.press("c")
    expect(page.locator("[data-mine]")).to_be_visible()
    page.reload()
    expect(page.locator("[data-mine]")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("review-item")).to_have_attribute("data-review", str(other.pk))
    page.keyboard.press("k")
    expect(page.locator("review-item")).to_have_attribute("data-review", str(review.pk))
    expect(page.locator("[data-standing]")).to_contain_text("Nobody holds it")


def test_a_review_is_edited_and_decided_on_the_page_of_its_run(page: Page, team: Team) -> None:
    review = a_reply(team)
    page.goto(f"/runs/{review.run_id}/?step=reply")
    item = page.locator("review-item[data-scripted]")
    expect(item).to_be_visible()
    item.get_by_role("button", name="Edit").click()
    page.keyboard.type("From the run. ")
    item.get_by_role("button", name="Approve with edits").click()
    expect(page.locator("review-item .review-provenance ins")).to_contain_text("From the run.")
    expect(page.locator("review-item").get_by_role("button", name="Undo")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (1000, 800), (360, 740)], ids=lambda size: str(size[0]))
def test_nothing_stands_in_anybodys_way(page: Page, team: Team, theme: str, size: tuple[int, int]) -> None:
    review, other = a_reply(team), a_reply(team)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # a literal
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, other)
    decided(page, other, "1")
    go_on(other)
    for address in (
        "/inbox/",
        f"/inbox/{review.pk}/",
        f"/inbox/{other.pk}/",
        "/settings/queues/",
        "/settings/queues/new/",
    ):
        page.goto(address)
        assert (address, flaws(page)) == (address, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_review_is_edited_and_decided_without_a_script(browser: Browser, server: str, team: Team) -> None:
    review = a_reply(team)
    context = browser.new_context(base_url=server, java_script_enabled=False, viewport={"width": 360, "height": 740})
    enter(context, User.objects.get(email="alice@example.org"))
    page = context.new_page()
    page.goto(f"/inbox/{review.pk}/")
    page.fill("[name=value]", "By hand.")
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("[name=value]")).to_have_value("By hand.")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[name=value]")).to_have_value("By hand.")
    page.get_by_role("button", name="Approve").click()
    go_on(review)
    assert played.output(review.run_id)["reply"] == "By hand."
    context.close()
