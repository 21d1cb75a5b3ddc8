"""A question of a run and its review are stored together, and end together."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from orchestrator.contract.questions import Decision, Kind
from orchestrator.engine.messages import Ask, Incident, Wait
from orchestrator.operations import answers, runs, upkeep
from orchestrator.operations.workflows import NewVersion, create_workflow
from reviews.models import Queue, Review, ReviewLog
from reviews.operations import claim
from reviews.policy import Source
from tests.fakes.asking import NOW, Asking, a_member, a_team, question
from tests.personas import personas

pytestmark = [pytest.mark.store, pytest.mark.django_db]


def test_a_question_becomes_a_review_in_the_same_commit() -> None:
    run = Asking.of(a_team())
    review = run.gate(asked=question(title="The reply", instructions="Be kind."))
    assert (review.title, review.kind, review.path, review.round, review.key) == (
        "The reply",
        "output",
        "draft",
        1,
        "gate",
    )
    assert (review.status, review.row_version, review.team_id, review.run_id) == ("open", 1, run.team.pk, run.run)
    assert review.workflow.name == "Letters"
    assert [entry.act for entry in ReviewLog.objects.of(run.team).filter(review=review)] == ["opened"]


def test_a_commit_that_is_undone_leaves_no_review() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    with transaction.atomic():
        run.ask(step, "date", question(Kind.INPUT))
        transaction.set_rollback(True)
    assert not Review.objects.of(run.team).exists()


def test_a_replay_that_asks_again_makes_no_second_review() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    first = run.ask(step, "date", question(Kind.INPUT))
    assert run.ask(step, "date", question(Kind.INPUT)).pk == first.pk
    assert Review.objects.of(run.team).count() == 1


def test_parallel_questions_of_one_step_have_a_review_each() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    reviews = {run.ask(step, f"turn:1/tool:{name}", question(Kind.TOOL_CALL)).pk for name in "abc"}
    assert len(reviews) == 3


def test_the_default_queue_is_made_once_and_all_members_belong_to_it() -> None:
    team = a_team()
    first, second = Asking.of(team).gate(), Asking.of(team).gate()
    assert first.queue == second.queue
    assert (first.queue.slug, first.queue.is_restricted, first.note) == ("default", False, "")


def test_a_question_goes_to_its_queue() -> None:
    team = a_team()
    money = Queue.objects.create(team=team, slug="money", name="Money")
    assert Asking.of(team).gate(asked=question(queue="money")).queue == money


def test_a_queue_that_does_not_exist_falls_back_with_a_note() -> None:
    team = a_team()
    Queue.objects.create(team=a_team("other"), slug="legal", name="Another team's")
    review = Asking.of(team).gate(asked=question(queue="legal"))
    assert review.queue.slug == "default"
    assert review.note == "There is no queue 'legal'; it went to the default one."


def test_the_engines_own_incident_is_a_review_that_people_understand() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    run.tell(Incident(path=step.path, attempt=step.attempt, code="journal_mismatch"))
    review = run.review("draft", "incident:1:journal_mismatch")
    assert (review.kind, review.title) == ("incident", "draft needs a decision")


def test_a_question_with_a_wrong_body_is_still_asked() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    run.tell(Ask(path=step.path, attempt=step.attempt, key="odd", kind="input", body='{"title": 7}'))
    assert run.review("draft", "odd").title == "draft needs input"


def test_cancelling_the_run_withdraws_its_reviews_and_their_claims() -> None:
    run = Asking.of(a_team())
    review, ana = run.gate(), a_member(run.team, "Ana")
    claim(review=review.pk, by=ana, source=Source.PAGE, now=NOW)
    runs.cancel(run=run.run, by="Ana")
    review.refresh_from_db()
    assert (review.status, review.claims.count()) == ("withdrawn", 0)
    assert review.closed_at is not None
    assert [entry.act for entry in review.log.order_by("pk")] == ["opened", "claimed", "withdrawn"]


def test_cancelling_takes_as_many_statements_for_many_reviews_as_for_one() -> None:
    team, statements = a_team(), []
    for number in (1, 60):
        run = Asking.of(team)
        step = run.claim("draft")
        for index in range(number):
            run.ask(step, f"call:{index}", question(Kind.TOOL_CALL))
        with CaptureQueriesContext(connection) as captured:
            runs.cancel(run=run.run, by="Ana")
        statements.append(len(captured))
        assert Review.objects.of(team).filter(run_id=run.run, status="withdrawn").count() == number
    assert statements[0] == statements[1]


def test_a_question_that_its_step_no_longer_needs_is_withdrawn() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    review = run.ask(step, "date", question(Kind.INPUT))
    run.succeed(step)
    review.refresh_from_db()
    assert (review.status, review.reason) == ("withdrawn", "not_needed")


def test_a_failed_run_keeps_its_reviews() -> None:
    run = Asking.of(a_team(), "draft -> send, other -> send")
    review, other = run.gate("draft"), run.claim("other")
    run.fail(other)
    assert run.run_status() == "failed"
    review.refresh_from_db()
    assert review.status == "open"


def test_a_question_whose_time_is_over_is_an_expired_review() -> None:
    run = Asking.of(a_team())
    review = run.gate(due=0.0)
    assert review.due_at is not None
    upkeep.elapse_due()
    review.refresh_from_db()
    assert (review.status, review.verdict) == ("expired", "expired")


def test_an_answer_past_the_review_closes_it() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    review = run.ask(step, "date", question(Kind.INPUT))
    assert review.question_id
    answers.answer(question=review.question_id, decision=Decision(verdict="answered", value={"date": "1 May"}))
    review.refresh_from_db()
    assert (review.status, review.verdict, review.reason) == ("closed", "answered", "answered_elsewhere")


def test_timers_and_events_are_no_reviews() -> None:
    run = Asking.of(a_team())
    step = run.claim("draft")
    run.tell(
        Ask(path=step.path, attempt=step.attempt, key="at", kind="timer", due=60.0),
        Ask(path=step.path, attempt=step.attempt, key="paid", kind="event", event="paid:7"),
        Wait(path=step.path, attempt=step.attempt, on=frozenset({"at", "paid"})),
    )
    assert run.status("draft") == "waiting"
    assert not Review.objects.of(run.team).exists()


def test_publishing_makes_the_queues_that_nodes_name() -> None:
    people = personas()
    body = {
        "nodes": {
            "say": {"type": "transform", "config": {"template": "x"}, "gate": {"when": "always", "queue": "fact-check"}}
        }
    }
    nodes = {
        "each": {"type": "map", "config": {"items": [1], "body": {**body, "edges": []}}},
        "ask": {"type": "checkpoint", "config": {"title": "Fine?", "queue": "legal"}},
    }
    new = NewVersion(name="Named", document={"nodes": nodes, "edges": []}, digest="d")
    create_workflow(by=people.alice, new=new, now=NOW)
    found = dict(Queue.objects.of(people.team).values_list("slug", "name"))
    assert found == {"fact-check": "Fact check", "legal": "Legal"}
