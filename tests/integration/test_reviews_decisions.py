"""A decision goes on from exactly there, exactly once."""

import json
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from orchestrator.contract.questions import Kind
from orchestrator.engine.messages import Incident
from orchestrator.facts import tick_listeners
from orchestrator.operations import runs, upkeep
from reviews.errors import AlreadyDecided, HeldByAnother, NotYours, StaleReview, WrongDecision, WrongState
from reviews.models import Review, ReviewLog, Vote
from reviews.operations import apply_due, claim, decide, release, undo
from reviews.policy import Source
from reviews.verdicts import Given, digest
from teams.callers import Caller
from teams.idempotency import once
from tests.append_only import triggers_of
from tests.fakes.asking import NOW, Asking, a_member, a_team, later, question

pytestmark = [pytest.mark.store, pytest.mark.django_db]
API, PAGE = Source.API, Source.PAGE


@pytest.fixture
def run() -> Asking:
    return Asking.of(a_team())


@pytest.fixture
def ana(run: Asking) -> Caller:
    return a_member(run.team, "Ana")


@pytest.fixture
def bob(run: Asking) -> Caller:
    return a_member(run.team, "Bob")


def tick(seconds: float) -> None:
    apply_due(later(seconds).timestamp())


# What becomes of the run


def test_an_approved_output_goes_on(run: Asking, ana: Caller) -> None:
    review = run.gate(output="a draft")
    decided = decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=API, now=NOW)
    assert (decided.status, decided.verdict, decided.decided_by_name) == ("closed", "approved", "Ana")
    assert (run.status("draft"), run.status("send")) == ("succeeded", "ready")
    assert run.answer(review) == {"verdict": "approved", "comment": "", "by": "Ana", "value": None}


def test_an_edited_output_replaces_it_and_the_original_is_kept(run: Asking, ana: Caller) -> None:
    review = run.gate(output="a draft")
    decide(review=review.pk, by=ana, given=Given(verdict="edited", value="a letter"), source=API, now=NOW)
    step = run.step("draft")
    assert (step.status, step.output, step.original) == ("succeeded", '"a letter"', '"a draft"')


def test_a_rejected_output_takes_its_port_or_fails_the_step(ana: Caller, run: Asking) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="rejected"), source=API, now=NOW)
    assert (run.status("draft"), run.run_status()) == ("failed", "failed")
    wired = Asking.of(run.team, "draft -> send, draft.rejected -> rewrite")
    review = wired.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="rejected"), source=API, now=NOW)
    assert (wired.status("rewrite"), wired.status("send")) == ("ready", "skipped")


def test_requested_changes_are_a_new_round_with_the_comment_and_a_review_of_its_own(run: Asking, ana: Caller) -> None:
    first = run.gate()
    asked = Given(verdict="changes_requested", comment="Shorter, please.")
    decide(review=first.pk, by=ana, given=asked, source=API, now=NOW)
    assert (run.status("draft"), run.step("draft").round) == ("ready", 2)
    answer = run.answer(first)
    assert answer["comment"] == "Shorter, please."
    second = run.gate(output="shorter")
    assert (second.round, second.status, first.pk != second.pk) == (2, "open", True)
    decide(review=second.pk, by=ana, given=Given(verdict="approved"), source=API, now=NOW)
    assert run.status("send") == "ready"


def test_tool_calls_are_decided_one_by_one_and_each_decision_wakes_the_step(run: Asking, ana: Caller) -> None:
    step = run.claim("draft")
    schema = {"type": "object", "properties": {"amount": {"type": "number", "maximum": 100}}}
    call = question(Kind.TOOL_CALL, subject={"tool": "pay", "arguments": {"amount": 500}}, schema=schema)
    first, second = run.ask(step, "turn:1/tool:a", call), run.ask(step, "turn:1/tool:b", call)
    run.wait(step, "turn:1/tool:a", "turn:1/tool:b")
    edited = Given(verdict="edited", value={"amount": 50})
    decide(review=first.pk, by=ana, given=edited, source=API, now=NOW)
    assert run.status("draft") == "ready"
    assert run.answer(first)["value"] == {"amount": 50}
    run.wait(run.claim("draft"), "turn:1/tool:b")
    decide(review=second.pk, by=ana, given=Given(verdict="rejected", comment="Too much."), source=API, now=NOW)
    assert run.status("draft") == "ready"
    assert (run.answer(second)["verdict"], run.answer(second)["comment"]) == ("rejected", "Too much.")


def test_a_decision_that_comes_before_the_step_waits_is_not_lost(run: Asking, ana: Caller) -> None:
    step = run.claim("draft")
    review = run.ask(step, "date", question(Kind.INPUT))
    decide(review=review.pk, by=ana, given=Given(verdict="answered", value={"date": "1 May"}), source=API, now=NOW)
    assert run.status("draft") == "running"
    run.wait(step, "date")
    assert run.status("draft") == "ready"
    assert run.answer(review)["value"] == {"date": "1 May"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Given(verdict="retried"), "ready"),
        (Given(verdict="skipped", value={"typed": True}), "succeeded"),
        (Given(verdict="failed"), "failed"),
    ],
)
def test_an_incident_is_retried_skipped_or_failed(run: Asking, ana: Caller, given: Given, expected: str) -> None:
    step = run.claim("draft")
    run.tell(Incident(path=step.path, attempt=step.attempt, code="unknown_outcome"))
    review = run.review("draft", "incident:1:unknown_outcome")
    decide(review=review.pk, by=ana, given=given, source=API, now=NOW)
    assert run.status("draft") == expected
    assert run.answer(review)["verdict"] == given.verdict
    if expected == "succeeded":
        assert json.loads(run.step("draft").output or "") == {"typed": True}


def test_a_decision_about_a_paused_run_is_kept(run: Asking, ana: Caller) -> None:
    review = run.gate()
    runs.pause(run=run.run, by="Ana")
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=API, now=NOW)
    assert (run.run_status(), run.status("send")) == ("paused", "ready")


def test_a_large_edited_output_is_stored_whole(run: Asking, ana: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="edited", value="ä" * 40_000), source=API, now=NOW)
    assert (run.step("draft").output or "").startswith("@")
    assert run.answer(review)["stored"] == run.step("draft").output


# Exactly once


def test_the_second_decision_is_told_who_won(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=API, now=NOW)
    with pytest.raises(AlreadyDecided, match="Ana decided this at 2026-11-21 12:00:00 UTC: approved") as refused:
        decide(review=review.pk, by=bob, given=Given(verdict="rejected"), source=API, now=later(5))
    assert (refused.value.data["by"], refused.value.data["verdict"]) == ("Ana", "approved")
    assert run.status("send") == "ready"


def test_a_double_click_decides_once(run: Asking, ana: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    with pytest.raises(AlreadyDecided, match="Ana"):
        decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    assert Vote.objects.of(run.team).filter(review=review).count() == 1


def test_a_refused_decision_leaves_its_idempotency_key_free(run: Asking, ana: Caller) -> None:
    review = run.gate()

    def answer(given: Given) -> str:
        return decide(review=review.pk, by=ana, given=given, source=API, now=NOW).verdict

    with pytest.raises(WrongDecision):
        once(team_id=run.team.pk, key="k", digest="d", make=lambda: answer(Given(verdict="edited")), now=NOW)
    kept = once(team_id=run.team.pk, key="k", digest="d", make=lambda: answer(Given(verdict="approved")), now=NOW)
    assert (kept.value, kept.is_repeated) == ("approved", False)


def test_whoever_saw_an_earlier_state_is_asked_to_look_again(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    undo(review=review.pk, by=ana, source=PAGE, now=later(1))
    with pytest.raises(StaleReview) as refused:
        decide(review=review.pk, by=bob, given=Given(verdict="approved"), source=API, now=later(2), row_version=1)
    assert refused.value.data["row_version"] == 3
    decide(review=review.pk, by=bob, given=Given(verdict="approved"), source=API, now=later(2), row_version=3)
    assert run.status("send") == "ready"


def test_the_database_knows_one_vote_in_force(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=API, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(review=review, user_id=bob.user_id, name="Bob", verdict="rejected", source="api")


def test_the_database_knows_one_review_for_a_question(run: Asking) -> None:
    review = run.gate()
    review.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        review.save(force_insert=True)


def test_a_wrong_decision_changes_nothing(run: Asking, ana: Caller) -> None:
    review = run.gate(asked=question(schema={"type": "string"}))
    with pytest.raises(WrongDecision):
        decide(review=review.pk, by=ana, given=Given(verdict="edited", value=7), source=API, now=NOW)
    review.refresh_from_db()
    assert (review.status, review.row_version, review.votes.count()) == ("open", 1, 0)
    assert run.status("draft") == "waiting"


def test_a_withdrawn_review_cannot_be_decided(run: Asking, ana: Caller) -> None:
    review = run.gate()
    runs.cancel(run=run.run, by="Ana")
    with pytest.raises(WrongState, match="This review is withdrawn"):
        decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=API, now=NOW)


# The undo window


def test_a_decision_on_the_page_waits_for_its_undo_window(run: Asking, ana: Caller) -> None:
    review = run.gate()
    decided = decide(review=review.pk, by=ana, given=Given(verdict="edited", value="x"), source=PAGE, now=NOW)
    assert (decided.status, decided.apply_at) == ("decided", later(10))
    tick(9.9)
    assert run.status("draft") == "waiting"
    tick(10)
    assert (run.status("draft"), run.step("draft").output) == ("succeeded", '"x"')
    review.refresh_from_db()
    assert review.status == "closed"
    seq = run.run_row().seq
    tick(11)
    assert run.run_row().seq == seq


def test_an_undone_decision_never_reaches_the_run(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="rejected"), source=PAGE, now=NOW)
    undone = undo(review=review.pk, by=ana, source=PAGE, now=later(9))
    assert (undone.status, undone.verdict, undone.decided_by) == ("open", "", None)
    tick(60)
    assert run.status("draft") == "waiting"
    decide(review=review.pk, by=bob, given=Given(verdict="approved"), source=API, now=later(70))
    assert run.status("send") == "ready"
    assert [(vote.name, vote.undone_at is None) for vote in review.votes.order_by("pk")] == [
        ("Ana", False),
        ("Bob", True),
    ]


def test_undo_is_refused_when_its_window_is_over(run: Asking, ana: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    with pytest.raises(WrongState, match="too late"):
        undo(review=review.pk, by=ana, source=PAGE, now=later(10))
    tick(10)
    assert run.status("send") == "ready"


def test_nobody_undoes_the_decision_of_another(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    with pytest.raises(NotYours, match="Ana decided this"):
        undo(review=review.pk, by=bob, source=PAGE, now=later(1))


def test_a_run_that_is_cancelled_in_the_undo_window_withdraws_the_decision(run: Asking, ana: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    runs.cancel(run=run.run, by="Bob")
    tick(20)
    review.refresh_from_db()
    assert (review.status, run.run_status()) == ("withdrawn", "cancelled")


def test_there_is_no_undo_window_beyond_the_due_time(run: Asking, ana: Caller) -> None:
    review = run.gate(due=5.0)
    assert review.due_at
    decided = decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=review.created_at)
    assert decided.status == "closed"


def test_one_decision_that_cannot_be_applied_keeps_no_other_waiting(run: Asking, ana: Caller) -> None:
    broken, other = run.gate(), Asking.of(run.team)
    fine = other.gate()
    for review in (broken, fine):
        decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE question SET status = 'withdrawn' WHERE id = %s", [broken.question_id])
    tick(20)
    assert other.status("send") == "ready"
    broken.refresh_from_db()
    assert (broken.status, broken.apply_at) == ("decided", later(80))


# Claims


def test_a_claim_keeps_others_from_deciding_until_it_lapses(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    claim(review=review.pk, by=ana, source=PAGE, now=NOW)
    with pytest.raises(HeldByAnother, match="Ana holds this review until 12:15 UTC"):
        decide(review=review.pk, by=bob, given=Given(verdict="approved"), source=API, now=later(1))
    with pytest.raises(HeldByAnother):
        claim(review=review.pk, by=bob, source=PAGE, now=later(1))
    assert run.status("draft") == "waiting"
    decide(review=review.pk, by=bob, given=Given(verdict="approved"), source=API, now=later(901))
    assert run.status("send") == "ready"


def test_a_claim_is_renewed_taken_over_and_released(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    first = claim(review=review.pk, by=ana, source=PAGE, now=NOW)
    renewed = claim(review=review.pk, by=ana, source=PAGE, now=later(60))
    assert (renewed.pk, renewed.claimed_at, renewed.until) == (first.pk, NOW, later(960))
    taken = claim(review=review.pk, by=bob, source=PAGE, now=later(61), take_over=True)
    assert (taken.name, taken.claimed_at) == ("Bob", later(61))
    with pytest.raises(HeldByAnother, match="Bob"):
        release(review=review.pk, by=ana, source=PAGE, now=later(62))
    release(review=review.pk, by=bob, source=PAGE, now=later(63))
    claim(review=review.pk, by=ana, source=PAGE, now=later(64))
    acts = [entry.act for entry in review.log.order_by("pk")]
    assert acts == ["opened", "claimed", "taken_over", "released", "claimed"]


def test_the_holder_decides_and_the_claim_goes(run: Asking, ana: Caller) -> None:
    review = run.gate()
    claim(review=review.pk, by=ana, source=PAGE, now=NOW)
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=API, now=later(1))
    assert not review.claims.exists()


def test_a_decided_review_cannot_be_claimed(run: Asking, ana: Caller, bob: Caller) -> None:
    review = run.gate()
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=NOW)
    with pytest.raises(AlreadyDecided, match="Ana"):
        claim(review=review.pk, by=bob, source=PAGE, now=later(1))


# The log


def test_the_log_says_who_did_what_from_where_and_to_what(run: Asking, ana: Caller) -> None:
    review = run.gate(asked=question(subject="a draft"))
    given = Given(verdict="edited", value="a letter", comment="Friendlier.", reason="tone")
    decide(review=review.pk, by=ana, given=given, source=Source.CLI, now=NOW)
    opened, decided, applied = review.log.order_by("pk")
    assert (decided.act, decided.source, decided.user_id, decided.user_name) == ("decided", "cli", ana.user_id, "Ana")
    assert (decided.verdict, decided.comment, decided.reason_code, decided.at) == ("edited", "Friendlier.", "tone", NOW)
    assert (decided.hash_before, decided.hash_after) == (digest("a draft"), digest("a letter"))
    assert decided.hash_before == opened.hash_before
    assert decided.version_id == review.run.version_id
    assert (applied.act, applied.source, applied.user_id) == ("applied", "product", None)


def test_the_log_cannot_be_changed_but_goes_with_its_review(run: Asking) -> None:
    review = run.gate()
    entry = review.log.get()
    with triggers_of("review_log"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            entry.save()
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            ReviewLog.objects.of(run.team).update(comment="something else")
        Review.objects.of(run.team).filter(pk=review.pk).delete()
    assert not ReviewLog.objects.of(run.team).exists()


def test_the_sweepers_tick_applies_what_is_due_on_the_databases_clock(run: Asking, ana: Caller) -> None:
    review = run.gate()
    long_ago = datetime.fromtimestamp(upkeep.clock() - 11, UTC)
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=PAGE, now=long_ago)
    for listener in tick_listeners():
        listener(upkeep.clock())
    assert run.status("send") == "ready"
