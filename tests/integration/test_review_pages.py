"""The inbox and the pages of reviews: what they show, who may what, and that nothing that was typed is lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orchestrator.contract.questions import Kind
from orchestrator.models import RunFile
from reviews.models import Queue, Review, Vote
from reviews.operations import apply_due, claim, decide, save_queue
from reviews.operations.queues import QueueSettings
from reviews.pages import clock
from reviews.policy import Source
from reviews.verdicts import Given
from teams.models import Member, User
from teams.policy import Role
from tests import runs as played
from tests.fakes.asking import Asking, question
from tests.personas import NOW, Personas, personas
from tests.world import a_file, gated

pytestmark = pytest.mark.django_db
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
TEXT = "Dear Ann,\n\nyour invoice is right."
EDITED = "Dear Ann,\n\nyour invoice is wrong, we are sorry."


@pytest.fixture
def people() -> Personas:
    return personas()


def browser(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"{name}@example.org"), "django.contrib.auth.backends.ModelBackend")
    return client


def a_reply(people: Personas, text: str = TEXT) -> Review:
    """A run whose reply waits for people."""
    run = played.start(played.a_version(gated("{{ inputs.message }}"), team=people.team), {"message": text})
    played.work(run)
    return Review.objects.of(people.team).get(run=run)


def of(name: str, review: Review, **query: str) -> str:
    answer = browser(name).get(reverse("reviews:review", args=[review.pk]), query)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def sent(name: str, review: Review, verdict: str, **fields: Any) -> Any:
    """What a browser sends with that button."""
    headers = fields.pop("headers", {})
    query = fields.pop("query", "")
    row = Review.objects.of(review.team_id).get(pk=review.pk)
    data = {"row_version": row.row_version, "comment": "", "verdict": verdict, **fields}
    return browser(name).post(reverse("reviews:decide", args=[review.pk]) + query, data, headers=headers)


def after_the_undo_window(review: Review) -> Review:
    apply_due((clock.now() + timedelta(seconds=11)).timestamp())
    review.refresh_from_db()
    return review


# The list


def test_what_waits_is_listed_with_where_it_comes_from(people: Personas) -> None:
    review = a_reply(people)
    shown = browser("alice").get("/inbox/").content.decode()
    assert f'href="/inbox/{review.pk}/"' in shown
    assert review.workflow.name in shown
    assert "reply" in shown


def test_an_empty_inbox_says_so_and_shows_what_was_decided_last(people: Personas) -> None:
    assert "All caught up" in browser("alice").get("/inbox/").content.decode()
    review = a_reply(people)
    decide(review=review.pk, by=people.alice, given=Given(verdict="approved"), source=Source.PAGE, now=clock.now())
    shown = browser("alice").get("/inbox/").content.decode()
    assert "All caught up" in shown
    assert f'href="/inbox/{review.pk}/"' in shown
    assert "Approved" in shown


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("", True),
        ("view=mine", False),
        ("view=unclaimed", True),
        ("view=all", True),
        ("kind=output", True),
        ("kind=budget", False),
        ("queue=default", True),
        ("queue=support", False),
        ("q=repl", True),
        ("q=nothing", False),
        ("view=nonsense&kind=nonsense&run=x&after=%00", True),
    ],
)
def test_the_address_filters_the_list(people: Personas, query: str, is_there: bool) -> None:
    review = a_reply(people)
    shown = browser("alice").get(f"/inbox/?{query}").content.decode()
    assert (f'data-review="{review.pk}"' in shown) is is_there


def test_the_list_comes_alone_and_names_its_address(people: Personas) -> None:
    a_reply(people)
    answer = browser("alice").get("/inbox/?kind=output", headers=PARTIAL)
    assert b"<html" not in answer.content
    assert answer["HX-Push-Url"] == "/inbox/?kind=output"
    live = browser("alice").get("/inbox/?kind=output", headers={**PARTIAL, "Baton-Refresh": "live"})
    assert "HX-Push-Url" not in live


def test_the_number_in_the_navigation_is_what_waits(people: Personas) -> None:
    assert browser("alice").get("/inbox/count/").content == b""
    a_reply(people)
    assert browser("alice").get("/inbox/count/").content == b"1"


def test_a_claim_of_somebody_else_is_shown_in_the_list(people: Personas) -> None:
    review = a_reply(people)
    claim(review=review.pk, by=people.bob, source=Source.PAGE, now=clock.now())
    assert people.bob.name in browser("alice").get("/inbox/").content.decode()
    assert "You" in browser("bob").get("/inbox/?view=mine").content.decode()


def test_a_long_list_takes_no_more_queries(people: Personas, django_assert_max_num_queries: Any) -> None:
    client = browser("alice")
    for _ in range(12):
        a_reply(people)
    with django_assert_max_num_queries(18):
        assert client.get("/inbox/").status_code == 200


# Deciding


def test_approving_untouched_is_no_edit_whatever_browsers_do_to_line_ends(people: Personas) -> None:
    review = a_reply(people)
    sent("alice", review, "approved", value=TEXT.replace("\n", "\r\n"))
    assert Vote.objects.of(people.team).get(review=review).verdict == "approved"


def test_a_changed_text_is_approved_with_edits_and_who_changed_what_is_shown(people: Personas) -> None:
    review = a_reply(people)
    sent("alice", review, "approved", value=EDITED)
    after_the_undo_window(review)
    played.work(review.run_id)
    assert (review.status, review.verdict) == ("closed", "edited")
    assert played.output(review.run_id)["reply"] == EDITED
    shown = of("alice", review)
    assert f"Edited by {people.alice.name}" in shown
    assert "<ins>" in shown
    embedded = browser("alice").get(reverse("reviews:fragment", args=[review.pk])).content.decode()
    assert f"Edited by {people.alice.name}" in embedded
    assert "<html" not in embedded


def test_the_next_one_opens_and_the_decision_can_be_undone(people: Personas) -> None:
    first, second = a_reply(people), a_reply(people)
    answer = sent("alice", first, "approved", value=TEXT, headers=PARTIAL)
    assert answer["HX-Push-Url"] == f"/inbox/{second.pk}/"
    assert f'data-review="{second.pk}"' in answer.content.decode()
    assert f"/inbox/{first.pk}/undo/" in answer["HX-Trigger"]


def test_without_a_script_the_next_page_offers_the_undo(people: Personas) -> None:
    first, second = a_reply(people), a_reply(people)
    answer = sent("alice", first, "approved", value=TEXT)
    assert answer["Location"] == f"/inbox/{second.pk}/?decided={first.pk}"
    assert f'action="/inbox/{first.pk}/undo/"' in browser("alice").get(answer["Location"]).content.decode()
    assert browser("alice").post(f"/inbox/{first.pk}/undo/")["Location"] == f"/inbox/{first.pk}/"
    first.refresh_from_db()
    assert first.status == "open"


def test_after_the_last_one_all_is_done(people: Personas) -> None:
    answer = sent("alice", a_reply(people), "approved", value=TEXT, headers=PARTIAL)
    assert "All caught up" in answer.content.decode()
    assert answer["HX-Push-Url"] == "/inbox/"


def test_after_an_undo_what_was_typed_is_there_again(people: Personas) -> None:
    review = a_reply(people)
    sent("alice", review, "approved", value=EDITED, comment="softer")
    browser("alice").post(f"/inbox/{review.pk}/undo/")
    shown = of("alice", review)
    assert "we are sorry" in shown
    assert "softer" in shown
    assert 'data-edited="yes"' in shown
    assert "we are sorry" not in of("alice", review, original="1")
    sent("alice", review, "approved", value=EDITED)
    assert after_the_undo_window(review).verdict == "edited"


def test_an_undo_that_comes_too_late_says_so(people: Personas) -> None:
    review = a_reply(people)
    sent("alice", review, "approved", value=TEXT)
    after_the_undo_window(review)
    answer = browser("alice").post(f"/inbox/{review.pk}/undo/", headers=PARTIAL)
    assert answer.status_code == 409
    assert "too late" in answer["HX-Trigger"]


def test_changes_are_requested_with_a_comment_alone(people: Personas) -> None:
    review = a_reply(people)
    answer = sent("alice", review, "changes_requested", value=EDITED)
    assert answer.status_code == 422
    assert "Say in the comment" in answer.content.decode()
    assert "we are sorry" in answer.content.decode()
    sent("alice", review, "changes_requested", value=TEXT, comment="Shorter, please")
    after_the_undo_window(review)
    played.work(review.run_id)
    again = Review.objects.of(people.team).get(run=review.run_id, round=2)
    assert "Shorter, please" in of("alice", again)
    assert "The round before" in of("alice", again)


def test_a_queue_may_want_a_reason_for_a_rejection(people: Personas) -> None:
    review = a_reply(people)
    settings = QueueSettings(slug="default", name="Default", reason_required=True)
    save_queue(by=people.alice, settings=settings, now=NOW)
    answer = sent("alice", review, "rejected", value=TEXT)
    assert answer.status_code == 422
    assert "wants a reason" in answer.content.decode()
    sent("alice", review, "rejected", value=TEXT, comment="Wrong customer")
    assert after_the_undo_window(review).verdict == "rejected"


def test_who_comes_second_learns_who_was_first_and_keeps_the_text(people: Personas) -> None:
    review = a_reply(people)
    sent("bob", review, "approved", value=TEXT)
    answer = sent("alice", review, "approved", value=EDITED, comment="mine", headers=PARTIAL)
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert f"{people.bob.name} decided this" in shown
    assert "we are sorry" in shown
    assert "mine" in shown
    assert Vote.objects.of(people.team).filter(review=review).count() == 1


def test_who_decides_what_another_holds_is_asked_to_take_it_over(people: Personas) -> None:
    review = a_reply(people)
    claim(review=review.pk, by=people.bob, source=Source.PAGE, now=clock.now())
    answer = sent("alice", review, "approved", value=EDITED, headers=PARTIAL)
    assert answer.status_code == 409
    assert "we are sorry" in answer.content.decode()
    assert "Take over" in answer.content.decode()
    taken = browser("alice").post(f"/inbox/{review.pk}/claim/?take_over=1", headers=PARTIAL)
    assert "Yours for" in taken.content.decode()


def test_a_claim_and_its_release_come_as_a_piece_of_the_page(people: Personas) -> None:
    review = a_reply(people)
    held = browser("alice").post(f"/inbox/{review.pk}/claim/", headers=PARTIAL)
    assert "data-mine" in held.content.decode()
    let_go = browser("alice").post(f"/inbox/{review.pk}/release/", headers=PARTIAL)
    assert "Nobody holds it" in let_go.content.decode()
    standing = browser("bob").get(f"/inbox/{review.pk}/", headers={**PARTIAL, "Review-Part": "standing"})
    assert "Nobody holds it" in standing.content.decode()


def test_without_a_script_a_claim_keeps_what_was_typed(people: Personas) -> None:
    review = a_reply(people)
    typed = {"row_version": "1", "value": EDITED, "comment": "wait"}
    shown = browser("alice").post(f"/inbox/{review.pk}/claim/", typed).content.decode()
    assert "we are sorry" in shown
    assert "Yours for" in shown


def test_a_review_of_a_cancelled_run_is_closed_with_the_reason(people: Personas) -> None:
    review = a_reply(people)
    browser("alice").post(reverse("history:do", args=[review.run_id, "cancel"]))
    assert "The run was cancelled" in of("alice", review)
    answer = sent("alice", review, "approved", value=EDITED, headers=PARTIAL)
    assert answer.status_code == 409
    assert "we are sorry" in answer.content.decode()


def test_what_was_typed_is_compared_word_by_word(people: Personas) -> None:
    review = a_reply(people)
    answer = browser("alice").post(f"/inbox/{review.pk}/look/", {"value": EDITED}, headers=PARTIAL)
    assert "<ins>" in answer.content.decode()
    assert "<del>right</del>" in answer.content.decode()


def test_a_review_with_all_that_led_to_it_takes_few_queries(
    people: Personas, django_assert_max_num_queries: Any
) -> None:
    review = a_reply(people)
    for _ in range(6):
        a_reply(people)
    client = browser("alice")
    with django_assert_max_num_queries(45) as counted:
        assert client.get(f"/inbox/{review.pk}/").status_code == 200
    assert len(counted) < 45


def test_a_row_is_added_to_a_form_and_what_was_typed_stays(people: Personas) -> None:
    schema = {"type": "object", "properties": {"notes": {"type": "array", "items": {"type": "string"}}}}
    _run, review = kinds(people, question(Kind.OUTPUT, subject={"notes": ["one"]}, schema=schema))
    typed = {"value.notes~n": "1", "value.notes.0": "changed", "value~do": "add value.notes"}
    answer = sent("alice", review, "", **typed)
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert 'name="value.notes.1"' in shown
    assert "changed" in shown
    assert 'data-edited="yes"' in shown
    sent("alice", review, "approved", **{"value.notes~n": "2", "value.notes.0": "one", "value.notes.1": "two"})
    assert after_the_undo_window(review).verdict == "edited"


# Every kind


def kinds(people: Personas, asked: Any, **gate: Any) -> tuple[Asking, Review]:
    run = Asking.of(people.team)
    if asked.kind is Kind.OUTPUT:
        return run, run.gate(asked=asked, **gate)
    step = run.claim("draft")
    review = run.ask(step, "key", asked)
    run.wait(step, "key")
    return run, review


ARGUMENTS = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number", "maximum": 100}, "to": {"type": "string"}},
}


def test_a_tool_call_is_edited_in_a_form_made_from_its_schema(people: Personas) -> None:
    subject = {"tool": "pay", "arguments": {"amount": 50, "to": "Ann"}}
    asked = question(Kind.TOOL_CALL, subject=subject, schema=ARGUMENTS, context="I will pay Ann back.")
    run, review = kinds(people, asked)
    shown = of("alice", review)
    assert "I will pay Ann back." in shown
    assert 'name="value.amount"' in shown
    wrong = sent("alice", review, "approved", **{"value.amount": "500", "value.to": "Ann"})
    assert wrong.status_code == 422
    sent("alice", review, "approved", **{"value.amount": "20", "value.to": "Ann"})
    assert after_the_undo_window(review).verdict == "edited"
    assert run.answer(review)["value"] == {"amount": 20, "to": "Ann"}


def test_a_form_is_filled_in(people: Personas) -> None:
    schema = {"type": "object", "required": ["date"], "properties": {"date": {"type": "string", "title": "Date"}}}
    run, review = kinds(people, question(Kind.INPUT, subject=None, schema=schema))
    assert sent("alice", review, "answered", **{"value.date": ""}).status_code == 422
    sent("alice", review, "answered", **{"value.date": "1 May"})
    after_the_undo_window(review)
    assert run.answer(review)["value"] == {"date": "1 May"}


def test_a_form_may_ask_for_a_file_which_then_belongs_to_the_run(people: Personas) -> None:
    schema = {"type": "object", "required": ["scan"], "properties": {"scan": {"type": "string", "format": "file"}}}
    run, review = kinds(people, question(Kind.INPUT, subject=None, schema=schema))
    sent("bob", review, "answered", **{"value.scan": a_file()})
    after_the_undo_window(review)
    name = run.answer(review)["value"]["scan"]
    assert name.startswith("file:")
    assert RunFile.objects.of(people.team).get(pk=name.removeprefix("file:")).run_id == run.run


def test_an_author_s_buttons_take_the_place_of_ours(people: Personas) -> None:
    asked = question(Kind.OUTPUT, subject="Pay back?", choices={"refund": "Pay it back", "keep": "Say no"})
    _run, review = kinds(people, asked)
    shown = of("alice", review)
    assert "Pay it back" in shown
    assert 'value="rejected"' not in shown


# Who may what


def test_a_reviewer_sees_the_own_queues_and_nothing_else(people: Personas) -> None:
    review = a_reply(people)
    Member.objects.of(people.team).filter(pk=people.bob.member_id or 0).update(role=Role.reviewer)
    shown = of("bob", review)
    assert 'value="approved"' in shown
    assert f"/runs/{review.run_id}/" not in shown
    Queue.objects.of(people.team).update(is_restricted=True)
    assert browser("bob").get(f"/inbox/{review.pk}/").status_code == 404
    assert "All caught up" in browser("bob").get("/inbox/").content.decode()


def test_who_is_no_member_of_the_queue_reads_and_does_not_decide(people: Personas) -> None:
    review = a_reply(people)
    Queue.objects.of(people.team).update(is_restricted=True)
    shown = of("bob", review)
    assert "Others decide this" in shown
    assert 'name="verdict"' not in shown
    assert sent("bob", review, "approved", value=TEXT).status_code == 403


PAGES = ["", "fragment/", "look/", "decide/", "claim/", "release/", "undo/"]


@pytest.mark.parametrize("page", PAGES)
def test_another_team_finds_no_review(people: Personas, page: str) -> None:
    review = a_reply(people)
    client = browser("charlie")
    is_read = page in ("", "fragment/")
    answer = (client.get if is_read else client.post)(f"/inbox/{review.pk}/{page}")
    assert answer.status_code == 404
    review.refresh_from_db()
    assert review.status == "open"


@pytest.mark.parametrize("page", PAGES[2:])
def test_looking_at_an_address_that_acts_changes_nothing(people: Personas, page: str) -> None:
    review = a_reply(people)
    assert browser("alice").get(f"/inbox/{review.pk}/{page}").status_code == 405


def test_the_page_of_a_run_finds_the_review_by_its_question(people: Personas) -> None:
    review = a_reply(people)
    answer = browser("alice").get(f"/inbox/fragment/?question={review.question_id}")
    assert f'data-review="{review.pk}"' in answer.content.decode()
    assert browser("charlie").get(f"/inbox/fragment/?question={review.question_id}").status_code == 404
    assert browser("alice").get("/inbox/fragment/?question=x").status_code == 404


def test_text_of_strangers_is_no_markup(people: Personas) -> None:
    review = a_reply(people, "<img src=x onerror=alert(1)>")
    assert "<img" not in of("alice", review)


# Queues


def test_a_queue_is_made_and_changed(people: Personas) -> None:
    data = {"name": "Second look", "who": "chosen", "members": [people.bob.member_id], "undo_seconds": "30"}
    assert browser("alice").post("/settings/queues/new/", data)["Location"] == "/settings/queues/"
    made = Queue.objects.of(people.team).get(slug="second-look")
    assert (made.is_restricted, made.undo_seconds, made.members.count()) == (True, 30, 1)
    changed = {**data, "name": "Third look", "who": "everybody", "reason_required": "on"}
    browser("alice").post("/settings/queues/edit/second-look/", changed)
    made.refresh_from_db()
    assert (made.name, made.is_restricted, made.reason_required) == ("Third look", False, True)
    assert "Third look" in browser("bob").get("/settings/queues/").content.decode()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "!"}, {"undo_seconds": "9999"}, {"who": "chosen"}, {"name": "Default"}]
)
def test_a_queue_that_cannot_be_is_corrected_in_place(people: Personas, wrong: dict[str, str]) -> None:
    a_reply(people)
    data = {"name": "New", "who": "everybody", "undo_seconds": "10", **wrong}
    assert browser("alice").post("/settings/queues/new/", data).status_code == 422


def test_who_may_not_change_queues_reads_them(people: Personas) -> None:
    assert browser("bob").get("/settings/queues/").status_code == 200
    assert browser("bob").get("/settings/queues/new/").status_code == 403
    assert browser("charlie").get("/settings/queues/edit/default/").status_code == 404
