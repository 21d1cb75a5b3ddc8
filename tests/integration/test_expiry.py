"""People have a time: when it is over, what the workflow's author chose happens, and the log says that nobody decided."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.dispatch import Outbox
from orchestrator.models import Question
from orchestrator.operations import upkeep
from orchestrator.worker.sweeper import Sweeper
from reviews.models import Review, ReviewLog
from reviews.operations import apply_due, decide, undo
from reviews.policy import Source
from reviews.verdicts import Given
from teams.models import Team
from tests import runs
from tests.fakes.asking import a_member, a_team

pytestmark = [pytest.mark.store, pytest.mark.django_db]
WORDS = {"type": "transform", "config": {"template": "a draft"}}
AFTER = {"type": "transform", "config": {"template": "after"}}


def gated(team: Team, *edges: list[str], **gate: Any) -> int:
    nodes = {"draft": {**WORDS, "gate": {"due": 3600, **gate}}, "send": AFTER, "other": AFTER}
    return played(team, nodes, *edges)


def checkpoint(team: Team, *edges: list[str], **config: Any) -> int:
    look = {"type": "checkpoint", "config": {"title": "Good?", "subject": "a draft", "due": 3600, **config}}
    return played(team, {"draft": look, "send": AFTER, "other": AFTER}, *edges)


def played(team: Team, nodes: dict[str, Any], *edges: list[str]) -> int:
    run = runs.start(runs.a_version({"nodes": nodes, "edges": [*edges]}, team=team))
    runs.work(run)
    return run


def let_time_pass(run: int) -> None:
    """The due time is over, and the cluster's tick comes."""
    Question.unscoped.filter(run=run, status="open", due_at__isnull=False).update(due_at=1.0)
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=False)
    runs.work(run)


def now(more: float = 0) -> datetime:
    return datetime.fromtimestamp(upkeep.clock() + more, UTC)


def ended(run: int) -> tuple[Review, ReviewLog]:
    review = Review.unscoped.get(run=run)
    return review, ReviewLog.unscoped.filter(review=review).latest("pk")


def ran(run: int) -> set[str]:
    return set(runs.Step.unscoped.filter(run=run, status="succeeded").values_list("path", flat=True)) & {
        "send",
        "other",
    }


OUT, LATE = ["draft", "out", "send"], ["draft", "expired", "other"]


def test_a_review_says_when_it_is_due_and_does_not_end_before() -> None:
    run = gated(a_team(), OUT, LATE)
    review = Review.unscoped.get(run=run)
    assert review.due_at is not None
    assert timedelta(minutes=59) < review.due_at - review.created_at < timedelta(minutes=61)
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=False)
    review.refresh_from_db()
    assert (review.status, runs.status(run)) == ("open", "waiting")


def test_without_a_due_time_people_may_take_their_time() -> None:
    run = gated(a_team(), OUT, due=None)
    assert Review.unscoped.get(run=run).due_at is None


def test_an_expired_gate_takes_its_port() -> None:
    run = gated(a_team(), OUT, LATE)
    let_time_pass(run)
    review, entry = ended(run)
    assert (ran(run), runs.status(run)) == ({"other"}, "succeeded")
    assert (review.status, review.verdict) == ("expired", "expired")
    assert (entry.act, entry.source, entry.user_name) == ("expired", "product", "")


def test_an_expired_gate_may_take_a_port_of_its_own() -> None:
    run = gated(a_team(), OUT, ["draft", "too_late", "other"], on_expiry="too_late")
    let_time_pass(run)
    review, entry = ended(run)
    assert ran(run) == {"other"}
    assert (review.status, entry.reason_code) == ("expired", "automatic")


def test_an_expired_gate_without_an_edge_fails_with_that_code() -> None:
    run = gated(a_team(), OUT)
    let_time_pass(run)
    assert (runs.status(run), runs.step(run, "draft").reason) == ("failed", "expired")
    assert "send" not in ran(run)


def test_an_expired_gate_may_reject() -> None:
    run = gated(a_team(), OUT, ["draft", "rejected", "other"], on_expiry="reject")
    let_time_pass(run)
    review, entry = ended(run)
    assert (ran(run), review.status, entry.verdict) == ({"other"}, "expired", "rejected")
    assert "rejected automatically" in entry.comment


def test_an_expired_gate_approves_only_where_that_was_chosen_and_says_so() -> None:
    run = gated(a_team(), OUT, ["draft", "rejected", "other"], on_expiry="approve")
    let_time_pass(run)
    review, entry = ended(run)
    assert ran(run) == {"send"}
    assert (review.status, review.verdict, review.decided_by_name) == ("expired", "approved", "")
    assert (entry.act, entry.source, entry.reason_code, entry.verdict) == (
        "expired",
        "product",
        "automatic",
        "approved",
    )
    assert "Nobody decided in time: approved automatically" in entry.comment
    assert runs.step(run, "draft").reason == "automatic"


def test_an_expired_checkpoint_takes_the_port_expired() -> None:
    run = checkpoint(a_team(), ["draft", "approved", "send"], LATE)
    let_time_pass(run)
    assert (ran(run), ended(run)[0].status) == ({"other"}, "expired")
    assert runs.output(run, "draft")["verdict"] == "expired"


@pytest.mark.parametrize(("policy", "port"), [("approve", "approved"), ("reject", "rejected")])
def test_an_expired_checkpoint_does_what_its_author_chose(policy: str, port: str) -> None:
    run = checkpoint(a_team(), ["draft", port, "other"], on_expiry=policy)
    let_time_pass(run)
    review, entry = ended(run)
    assert (ran(run) >= {"other"}, review.status, entry.verdict, entry.reason_code) == (
        True,
        "expired",
        port,
        "automatic",
    )
    assert runs.output(run, "draft") == {"verdict": port, "value": "a draft", "comment": "", "by": ""}


def test_a_decision_whose_undo_window_runs_does_not_expire() -> None:
    team = a_team()
    run = gated(team, OUT, LATE)
    review, ana = Review.unscoped.get(run=run), a_member(team, "Ana")
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=Source.PAGE, now=now())
    let_time_pass(run)
    review.refresh_from_db()
    assert (review.status, runs.status(run)) == ("decided", "waiting")
    apply_due(upkeep.clock() + 11)
    runs.work(run)
    assert (ran(run), ended(run)[0].status) == ({"send"}, "closed")


def test_an_undone_decision_may_expire_again() -> None:
    team = a_team()
    run = gated(team, OUT, LATE)
    review, ana = Review.unscoped.get(run=run), a_member(team, "Ana")
    decide(review=review.pk, by=ana, given=Given(verdict="approved"), source=Source.PAGE, now=now())
    undo(review=review.pk, by=ana, source=Source.PAGE, now=now(5))
    assert Question.unscoped.get(run=run).due_at is not None
    let_time_pass(run)
    assert (ran(run), ended(run)[0].status) == ({"other"}, "expired")


def test_a_question_that_is_answered_once_does_not_expire_later() -> None:
    team = a_team()
    run = gated(team, OUT, LATE)
    ana = a_member(team, "Ana")
    decide(
        review=Review.unscoped.get(run=run).pk, by=ana, given=Given(verdict="approved"), source=Source.API, now=now()
    )
    assert upkeep.elapse_due() == 0
    runs.work(run)
    assert ran(run) == {"send"}
