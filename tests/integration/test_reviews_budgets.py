"""A budget that is reached is one review, whoever waits for it; its verdict changes the budget."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction

from orchestrator.engine.move import Refused
from orchestrator.engine.notices import RunClosed
from orchestrator.engine.state import RunStatus
from orchestrator.models import Budget
from orchestrator.operations import budgets, runs
from reviews.errors import WrongDecision
from reviews.models import Review
from reviews.operations import apply_due, claim, decide
from reviews.operations.questions import close_run
from reviews.policy import Source
from reviews.queries import get_review
from reviews.verdicts import Given
from teams.errors import NotAllowed
from teams.policy import Role
from tests.fakes.asking import NOW, Asking, a_member, a_team, later
from tests.threads import at_once

pytestmark = [pytest.mark.store, pytest.mark.django_db]
API = Source.API


def reached(run: Asking, unit: str = "money", most: int = 2_000_000) -> tuple[Budget, Review]:
    budgets.set_budget(team=run.team.pk, subject=f"team:{run.team.pk}:2026-11", unit=unit, most=most)
    budget = Budget.objects.of(run.team).get()
    budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_000_000)
    return budget, Review.objects.of(run.team).get()


def test_however_many_runs_wait_there_is_one_review() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    budgets.ask_people(budget=budget.pk, run=Asking.of(run.team).run, amount=1_000_000_000)
    assert Review.objects.of(run.team).count() == 1
    assert (review.kind, review.title) == ("budget", "The budget of the team for 2026-11 is reached")


def test_a_budget_is_raised_by_dollars_and_may_be_reached_again() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    ana = a_member(run.team, "Ana", Role.admin)
    given = Given(verdict="raised", value={"amount": 1.5})
    decide(review=review.pk, by=ana, given=given, source=Source.PAGE, now=NOW)
    budget.refresh_from_db()
    assert (budget.most, budget.asked) == (2_000_000, True)
    apply_due(later(10).timestamp())
    budget.refresh_from_db()
    assert (budget.most, budget.asked) == (3_500_000, False)
    budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_000_000)
    assert sorted(Review.objects.of(run.team).values_list("status", flat=True)) == ["closed", "open"]


def test_a_million_dollars_are_a_million_dollars() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    ana = a_member(run.team, "Ana", Role.admin)
    decide(review=review.pk, by=ana, given=Given(verdict="raised", value={"amount": 1_000_000}), source=API, now=NOW)
    budget.refresh_from_db()
    assert budget.most == 1_000_002_000_000
    budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_000_000_000)
    assert not Budget.objects.of(run.team).get().asked, "there is room"
    budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_003_000_000)
    assert Budget.objects.of(run.team).get().asked


def test_tokens_are_raised_by_whole_numbers() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run, unit="tokens", most=1000)
    ana = a_member(run.team, "Ana", Role.admin)
    with pytest.raises(WrongDecision, match="amount"):
        decide(review=review.pk, by=ana, given=Given(verdict="raised", value={"amount": 0.5}), source=API, now=NOW)
    decide(review=review.pk, by=ana, given=Given(verdict="raised", value={"amount": 500}), source=API, now=NOW)
    budget.refresh_from_db()
    assert budget.most == 1500


def test_a_stopped_budget_is_stopped() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    ana = a_member(run.team, "Ana", Role.admin)
    words = [verdict.word for verdict in get_review(review=review.pk, by=ana, now=NOW).verdicts]
    assert words == ["raised", "cheaper", "stopped"]
    decide(review=review.pk, by=ana, given=Given(verdict="stopped"), source=API, now=NOW)
    budget.refresh_from_db()
    assert (budget.stopped, budget.asked) == (True, False)


@pytest.mark.parametrize(("value", "most"), [(None, 2_000_000), ({"amount": 0.5}, 2_500_000)])
def test_a_budget_of_money_may_go_on_with_a_cheaper_model(value: Any, most: int) -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    ana = a_member(run.team, "Ana", Role.admin)
    decide(review=review.pk, by=ana, given=Given(verdict="cheaper", value=value), source=API, now=NOW)
    budget.refresh_from_db()
    assert (budget.model, budget.most, budget.asked) == ("fast", most, False)


def test_one_that_is_cheaper_already_is_raised_or_stopped() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    ana = a_member(run.team, "Ana", Role.admin)
    decide(review=review.pk, by=ana, given=Given(verdict="cheaper"), source=API, now=NOW)
    budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_000_000)
    assert Review.objects.of(run.team).count() == 1, "a call that did not know of the cheaper model does not ask"
    budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_000_000, model="fast")
    again = Review.objects.of(run.team).get(status="open")
    words = [verdict.word for verdict in get_review(review=again.pk, by=ana, now=NOW).verdicts]
    assert words == ["raised", "stopped"]


def test_a_cheaper_model_makes_no_budget_of_tokens_last_longer() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run, unit="tokens", most=1000)
    ana = a_member(run.team, "Ana", Role.admin)
    with pytest.raises(WrongDecision, match="raised, stopped"):
        decide(review=review.pk, by=ana, given=Given(verdict="cheaper"), source=API, now=NOW)
    with pytest.raises(Refused, match="Only a budget of money"):
        budgets.decide(budget=budget.pk, verdict="cheaper")


@pytest.mark.parametrize("role", [Role.viewer, Role.runner, Role.editor, Role.publisher, Role.reviewer])
def test_only_who_may_set_budgets_decides_about_one(role: Role) -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    bo = a_member(run.team, "Bo", role)
    with pytest.raises(NotAllowed, match="Set budgets and limits"):
        decide(review=review.pk, by=bo, given=Given(verdict="raised", value={"amount": 1}), source=API, now=NOW)
    with pytest.raises(NotAllowed, match="Set budgets and limits"):
        claim(review=review.pk, by=bo, source=API, now=NOW)
    assert not get_review(review=review.pk, by=bo, now=NOW).may_decide
    budget.refresh_from_db()
    assert (budget.most, budget.asked) == (2_000_000, True)


@pytest.mark.parametrize("role", [Role.admin, Role.owner])
def test_who_may_set_budgets_may_also_decide_about_one(role: Role) -> None:
    run = Asking.of(a_team())
    _, review = reached(run)
    bo = a_member(run.team, "Bo", role)
    assert get_review(review=review.pk, by=bo, now=NOW).may_decide
    assert claim(review=review.pk, by=bo, source=API, now=NOW).name == "Bo"


@pytest.mark.django_db(transaction=True)
def test_of_two_deciders_at_the_same_moment_one_wins() -> None:
    run = Asking.of(a_team())
    budget, _ = reached(run)
    done = at_once([lambda: budgets.decide(budget=budget.pk, verdict="raised", amount=500_000) for _ in range(8)])
    budget.refresh_from_db()
    assert budget.most == 2_500_000
    assert sorted(type(one).__name__ for one in done) == ["NoneType", *["Refused"] * 7]


@pytest.mark.django_db(transaction=True)
def test_what_somebody_sets_meanwhile_is_not_lost() -> None:
    """Either the decision came first and the new limit holds, or the limit came first and the decision is refused."""
    run = Asking.of(a_team())
    budget, review = reached(run)
    at_once(
        [
            lambda: budgets.set_budget(team=run.team.pk, subject=budget.subject, unit="money", most=9_000_000),
            lambda: budgets.decide(budget=budget.pk, verdict="raised", amount=500_000),
        ]
    )
    budget.refresh_from_db()
    review.refresh_from_db()
    assert (budget.most, budget.asked) == (9_000_000, False)


def test_a_budget_that_is_set_anew_needs_no_decision_and_wakes_who_waited() -> None:
    run = Asking.of(a_team())
    budget, review = reached(run)
    budgets.set_budget(team=run.team.pk, subject=budget.subject, unit="money", most=9_000_000_000)
    review.refresh_from_db()
    budget.refresh_from_db()
    assert (review.status, review.reason, budget.asked) == ("withdrawn", "budget_set", False)
    budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_000_000)
    assert Review.objects.of(run.team).count() == 1, "there is room"
    budgets.ask_people(budget=budget.pk, run=run.run, amount=10_000_000_000)
    assert Review.objects.of(run.team).filter(status="open").count() == 1


def test_the_end_of_the_first_run_keeps_the_review_for_the_others() -> None:
    run = Asking.of(a_team())
    _, review = reached(run)
    runs.cancel(run=run.run, by="Ana")
    review.refresh_from_db()
    assert review.status == "open"


@pytest.mark.django_db(transaction=True)
def test_people_are_asked_while_the_run_is_locked(is_postgres: bool) -> None:
    """Else the budget would wait for the run at its commit, while the run's next commit waits for the budget."""
    if not is_postgres:
        pytest.skip("SQLite has one writer: nothing is locked row by row")
    run = Asking.of(a_team())
    budgets.set_budget(team=run.team.pk, subject=f"run:{run.run}", unit="calls", most=1)
    budget = Budget.objects.of(run.team).get()

    def ask() -> None:
        budgets.ask_people(budget=budget.pk, run=run.run, amount=1_000_000_000)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        runs.pause(run=run.run, by="Ana")
        pool.submit(ask).result(timeout=10)
    assert Review.objects.of(run.team).count() == 1


def test_the_review_of_a_runs_own_budget_ends_with_the_run() -> None:
    run = Asking.of(a_team())
    for subject in (f"run:{run.run}", f"team:{run.team.pk}"):
        budgets.set_budget(team=run.team.pk, subject=subject, unit="calls", most=0)
    for budget in Budget.objects.of(run.team):
        budgets.ask_people(budget=budget.pk, run=run.run, amount=1)
    close_run(RunClosed(run=run.run, status=RunStatus.CANCELLED, asked=True))
    left = dict(Review.objects.of(run.team).values_list("budget__subject", "status"))
    assert left == {f"run:{run.run}": "withdrawn", f"team:{run.team.pk}": "open"}
