"""Many decide at once: one wins, the others are told who, and the run goes on once. With real threads and connections."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from orchestrator.engine.move import Refused
from orchestrator.models import Event
from orchestrator.operations import runs
from reviews.errors import AlreadyDecided, HeldByAnother, WrongState
from reviews.models import Claim, Queue, Vote
from reviews.operations import apply_due, claim, decide, undo
from reviews.policy import Source
from reviews.verdicts import Given
from teams.callers import Caller
from teams.idempotency import once
from tests.fakes.asking import NOW, Asking, a_member, a_team, later

pytestmark = [pytest.mark.store, pytest.mark.django_db(transaction=True)]
API, PAGE = Source.API, Source.PAGE


def at_once(*calls: Callable[[], Any], expected: tuple[type[Exception], ...] = ()) -> list[Any]:
    """What each call came to, all of them started at the same moment on threads with connections of their own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(30)
            return call()
        except expected as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def deciding(review: int, by: Caller, verdict: str, source: Source = API) -> Callable[[], Any]:
    return lambda: decide(review=review, by=by, given=Given(verdict=verdict), source=source, now=NOW)


def facts(run: Asking, name: str) -> list[Any]:
    stored = Event.objects.of(run.team).filter(run_id=run.run).order_by("seq").values_list("facts", flat=True)
    return [fact for text in stored for fact in json.loads(text) if name in fact]


def parted(results: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Those that won, those that were refused."""
    refused = [result for result in results if isinstance(result, Exception)]
    return [result for result in results if not isinstance(result, Exception)], refused


@pytest.mark.parametrize("source", [API, PAGE])
def test_of_fifty_who_decide_one_wins_and_the_run_resumes_once(source: Source) -> None:
    run = Asking.of(a_team())
    review = run.gate()
    people = [a_member(run.team, f"Person {number}") for number in range(50)]
    verdicts = ["approved", "rejected"] * 25
    calls = [deciding(review.pk, by, verdict, source) for by, verdict in zip(people, verdicts, strict=True)]
    won, refused = parted(at_once(*calls, expected=(AlreadyDecided,)))
    assert (len(won), len(refused)) == (1, 49)
    winner = won[0].decided_by_name
    assert {error.data["by"] for error in refused} == {winner}
    assert Vote.objects.of(run.team).filter(review=review).count() == 1
    apply_due(later(60).timestamp())
    answered = facts(run, "answered")
    assert [fact["verdict"] for fact in answered] == [won[0].verdict]
    assert run.answer(review)["by"] == winner
    assert run.status("draft") == ("succeeded" if won[0].verdict == "approved" else "failed")


def test_a_decision_and_a_cancel_never_lock_each_other_out() -> None:
    team = a_team()
    ana = a_member(team, "Ana")
    outcomes = set()
    for _ in range(10):
        run = Asking.of(team)
        review = run.gate()
        at_once(
            deciding(review.pk, ana, "approved"),
            partial(runs.cancel, run=run.run, by="Bob"),
            expected=(WrongState, Refused),
        )
        review.refresh_from_db()
        outcomes.add((run.run_status(), review.status))
        assert (run.answer(review) is not None) == (review.status == "closed")
    assert outcomes <= {("cancelled", "closed"), ("cancelled", "withdrawn")}


def test_undo_and_the_end_of_the_window_race_and_one_of_them_holds() -> None:
    team = a_team()
    ana = a_member(team, "Ana")
    for _ in range(10):
        run = Asking.of(team)
        review = run.gate()
        deciding(review.pk, ana, "approved", PAGE)()
        at_once(
            partial(undo, review=review.pk, by=ana, source=PAGE, now=later(9)),
            partial(apply_due, later(10).timestamp()),
            expected=(WrongState,),
        )
        review.refresh_from_db()
        assert (review.status, run.status("send") if review.status == "closed" else "none") in {
            ("open", "none"),
            ("closed", "ready"),
        }
        assert (run.answer(review) is not None) == (review.status == "closed")


def test_a_request_that_is_sent_ten_times_decides_once_and_is_answered_ten_times() -> None:
    run = Asking.of(a_team())
    review, ana = run.gate(), a_member(run.team, "Ana")

    def answer() -> str:
        return str(deciding(review.pk, ana, "approved")().verdict)

    sent = partial(once, team_id=run.team.pk, key="k1", digest="d", make=answer, now=NOW)
    answers = at_once(*[sent] * 10)
    assert {one.value for one in answers} == {"approved"}
    assert sorted(one.is_repeated for one in answers) == [False] + [True] * 9
    assert len(facts(run, "answered")) == 1


def test_two_sweepers_apply_a_decision_once() -> None:
    team = a_team()
    ana = a_member(team, "Ana")
    asking = [Asking.of(team) for _ in range(10)]
    for run in asking:
        deciding(run.gate().pk, ana, "approved", PAGE)()
    at_once(*[lambda: apply_due(later(20).timestamp())] * 4)
    assert [len(facts(run, "answered")) for run in asking] == [1] * 10
    assert {run.status("send") for run in asking} == {"ready"}


def test_of_twenty_who_claim_one_holds() -> None:
    run = Asking.of(a_team())
    review = run.gate()
    people = [a_member(run.team, f"Person {number}") for number in range(20)]
    calls = [partial(claim, review=review.pk, by=by, source=PAGE, now=NOW) for by in people]
    won, refused = parted(at_once(*calls, expected=(HeldByAnother,)))
    assert (len(won), len(refused)) == (1, 19)
    assert [held.name for held in Claim.objects.of(run.team)] == [won[0].name]


def test_the_default_queue_is_made_once_however_many_runs_need_it() -> None:
    team = a_team()
    asking = [Asking.of(team) for _ in range(8)]
    reviews = at_once(*[run.gate for run in asking])
    assert Queue.objects.of(team).count() == 1
    assert len({review.queue_id for review in reviews}) == 1
