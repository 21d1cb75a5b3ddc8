"""The page of limits and budgets: who may see it, what is set there, what its figures say, and what was spent this month."""

import time
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from orchestrator.models import NO_LIMIT, Budget, LedgerEntry, Limit, Run
from orchestrator.operations import allowances, budgets
from orchestrator.operations.starting import runs_subject
from orchestrator.queries.spending import WAYS, month_of, spent
from teams.callers import Caller
from teams.models import Member, Team, User
from teams.policy import ALLOWED, Action, Role
from tests import runs
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db]
PAGE = "/settings/limits/"
MONEY = {"subject": "team", "unit": "money", "most": "12.50"}
ASKS = {"nodes": {"ask": {"type": "prompt", "config": {"prompt": "Hello"}}}, "edges": []}


@pytest.fixture
def who() -> Personas:
    return personas()


@pytest.fixture
def alice(who: Personas) -> Client:
    return signed_in(who.alice)


def signed_in(by: Caller) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=by.user_id or 0), "django.contrib.auth.backends.ModelBackend")
    return client


def text_of(answer: HttpResponseBase) -> str:
    return " ".join(b"".join(answer).decode().split())


def budget(who: Personas) -> Budget:
    return Budget.objects.of(who.team).get()


def paid(who: Personas, run: int | None, *, cost: int | None, at: float | None = None, model: str = "m-1") -> None:
    LedgerEntry.objects.create(
        team=who.team,
        run_id=run,
        path="ask",
        round=1,
        key=str(time.monotonic_ns()),
        attempt=1,
        provider="anthropic",
        model=model,
        tokens_in=1000,
        tokens_out=200,
        cost=cost,
        outcome="done",
        at=timezone.now().timestamp() if at is None else at,
    )


def test_only_admins_see_it_and_others_are_told_whom_to_ask(who: Personas) -> None:
    for role in Role:
        Member.objects.of(who.team).filter(pk=who.bob.member_id or 0).update(role=role)
        client = signed_in(who.bob)
        may = Action.edit_budget in ALLOWED[role]
        answer = client.get(PAGE)
        assert answer.status_code == (200 if may else 403), role
        assert may or "Alice" in text_of(answer)
        posted = client.post(f"{PAGE}budget/", MONEY)
        assert posted.status_code == (302 if may else 403), role
        Budget.objects.of(who.team).delete()


def test_a_page_without_anything_explains_itself(alice: Client) -> None:
    text = text_of(alice.get(PAGE))
    assert "There is no budget" in text
    assert "No model was called this month" in text
    assert "There is no connection yet" in text
    assert text.count('<p class="help"') == text.count('<div class="field')


def test_a_budget_is_set_in_dollars_raised_and_removed(who: Personas, alice: Client) -> None:
    assert alice.post(f"{PAGE}budget/", MONEY).status_code == 302
    assert (budget(who).subject, budget(who).most) == (f"team:{who.team.pk}", 12_500_000)
    text = text_of(alice.get(f"{PAGE}?budget={budget(who).pk}"))
    assert "$0.00 of $12.50 used (0 %)" in text
    assert 'value="12.5"' in text
    alice.post(f"{PAGE}budget/", {**MONEY, "most": "20"})
    assert budget(who).most == 20_000_000
    assert alice.post(f"{PAGE}remove/", {"subject": "team", "unit": "money"}).status_code == 302
    assert "There is no budget" in text_of(alice.get(PAGE))
    answer = alice.post(f"{PAGE}remove/", {"subject": "team", "unit": "money"})
    assert answer.status_code == 422
    assert "no such budget" in text_of(answer)


def test_a_budget_of_a_month_and_of_a_workflow(who: Personas, alice: Client) -> None:
    workflow = runs.a_version(ASKS, team=who.team).workflow
    month = f"{timezone.now():%Y-%m}"
    for subject in (f"team:{month}", f"workflow:{workflow.slug}"):
        assert alice.post(f"{PAGE}budget/", {"subject": subject, "unit": "calls", "most": "5"}).status_code == 302
    subjects = set(Budget.objects.of(who.team).values_list("subject", flat=True))
    assert subjects == {f"team:{who.team.pk}:{month}", f"workflow:{workflow.pk}"}
    assert "0 calls of 5 calls used" in text_of(alice.get(PAGE))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"most": "-1"}, "most"),
        ({"most": "much"}, "most"),
        ({"most": ""}, "most"),
        ({"unit": "calls", "most": "1.5"}, "most"),
        ({"unit": "pounds"}, "unit"),
        ({"subject": "run:1"}, "subject"),
        ({"subject": "workflow:nobodys"}, "subject"),
    ],
)
def test_a_wrong_budget_is_told_at_its_field(who: Personas, alice: Client, given: dict[str, str], field: str) -> None:
    answer = alice.post(f"{PAGE}budget/", {**MONEY, **given})
    assert answer.status_code == 422
    assert f'id="budget_{field}_error"' in text_of(answer)
    assert not Budget.objects.of(who.team).exists()


def test_another_teams_workflow_cannot_be_named(who: Personas, alice: Client) -> None:
    theirs = runs.a_version(ASKS, team=who.other_team).workflow
    answer = alice.post(f"{PAGE}budget/", {**MONEY, "subject": f"workflow:{theirs.slug}"})
    assert answer.status_code == 422
    assert alice.post(f"{PAGE}workflow/", {"workflow": theirs.slug, "runs": "1"}).status_code == 422
    assert theirs.name not in text_of(alice.get(PAGE))
    assert not Limit.objects.of(who.other_team).exists()


def test_another_team_sees_none_of_it(who: Personas, alice: Client) -> None:
    alice.post(f"{PAGE}budget/", MONEY)
    paid(who, None, cost=5_000_000, model="only-theirs")
    text = text_of(signed_in(who.charlie).get(f"{PAGE}?budget={budget(who).pk}&by=model"))
    assert "12.5" not in text
    assert "only-theirs" not in text


def test_limits_of_the_team_and_of_a_workflow(who: Personas, alice: Client) -> None:
    workflow = runs.a_version(ASKS, team=who.team).workflow
    assert alice.post(f"{PAGE}team/", {"runs": "4", "calls": "8", "per_minute": ""}).status_code == 302
    assert Team.objects.get(pk=who.team.pk).max_concurrent_runs == 4
    assert Limit.objects.of(who.team).get(subject=f"team:{who.team.pk}").capacity == 8
    given = {"workflow": workflow.slug, "runs": "2", "calls": "", "per_minute": "60"}
    assert alice.post(f"{PAGE}workflow/", given).status_code == 302
    assert Limit.objects.of(who.team).get(subject=runs_subject(workflow.pk)).capacity == 2
    text = text_of(alice.get(f"{PAGE}?workflow={workflow.slug}"))
    assert f"Change the limits of {workflow.name}" in text
    assert alice.post(f"{PAGE}workflow/", {"workflow": workflow.slug}).status_code == 302
    assert "No workflow has a limit of its own" in text_of(alice.get(PAGE))
    assert alice.post(f"{PAGE}team/", {"runs": "0"}).status_code == 422
    assert alice.post(f"{PAGE}nothing/").status_code == 404


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"spent": 5}, "Enough left"),
        ({"spent": 7, "reserved": 1}, "Nearly used"),
        ({"spent": 10}, "Reached"),
        ({"spent": 10, "asked": True}, "Waits for a decision"),
        ({"spent": 1, "stopped": True}, "Stopped"),
        ({"spent": 1, "model": "fast"}, "Goes on with the fast model"),
    ],
)
def test_the_state_of_a_budget_is_said(who: Personas, alice: Client, row: dict[str, Any], words: str) -> None:
    allowances.set_budget(by=who.alice, subject="team", unit="calls", most=10, now=NOW)
    Budget.objects.of(who.team).update(**row)
    assert words in text_of(alice.get(PAGE))


def test_a_removed_budget_lets_go_what_waits_and_counts_anew_when_set_again(who: Personas) -> None:
    allowances.set_budget(by=who.alice, subject="team", unit="calls", most=0, now=NOW)
    run = runs.start(runs.a_version(ASKS, team=who.team))
    runs.work(run)
    assert runs.step(run, "ask").status == "waiting"
    allowances.remove_budget(by=who.alice, subject="team", unit="calls", now=NOW)
    for found in budgets.decided_but_waited_for():
        budgets.wake_waiting(budget=found)
    runs.work(run)
    assert runs.status(run) == "succeeded"
    assert (budget(who).most, budget(who).spent) == (NO_LIMIT, 1)
    allowances.set_budget(by=who.alice, subject="team", unit="calls", most=3, now=NOW)
    assert (budget(who).most, budget(who).spent) == (3, 0)


def test_the_review_of_a_removed_budget_ends(who: Personas) -> None:
    allowances.set_budget(by=who.alice, subject="team", unit="calls", most=0, now=NOW)
    runs.work(runs.start(runs.a_version(ASKS, team=who.team)))
    assert budget(who).asked
    allowances.remove_budget(by=who.alice, subject="team", unit="calls", now=NOW)
    assert not budget(who).asked


def test_spending_is_told_by_workflow_model_and_person_for_this_month_alone(who: Personas, alice: Client) -> None:
    version = runs.a_version(ASKS, team=who.team)
    run = runs.start(version)
    Run.unscoped.filter(pk=run).update(started_by=who.alice.user_id)
    paid(who, run, cost=3_000_000)
    paid(who, run, cost=None, model="m-2")
    paid(who, None, cost=1_000_000)
    since = month_of(timezone.now())
    paid(who, run, cost=50_000_000, at=since.timestamp() - 1)
    found = {way: spent(team=who.team.pk, way=way, since=since) for way in WAYS}
    assert {str(one.cost) for one in found.values()} == {"4"}
    assert {one.unpriced for one in found.values()} == {1}
    named = {way: [(one.name, str(one.cost), one.calls) for one in found[way].shares] for way in WAYS}
    assert named["workflow"] == [(version.workflow.name, "3", 2), ("", "1", 1)]
    assert named["model"] == [("m-1", "4", 2), ("m-2", "0", 1)]
    assert named["person"] == [("Alice", "3", 2), ("", "1", 1)]
    for way, words in (("workflow", "Deleted runs"), ("model", "m-2"), ("person", "Nobody")):
        text = text_of(alice.get(f"{PAGE}?by={way}"))
        assert words in text
        assert "$3.00" in text or way == "model"


def test_where_nothing_has_a_price_the_cost_is_unknown_and_bars_are_of_tokens(who: Personas, alice: Client) -> None:
    paid(who, None, cost=None)
    text = text_of(alice.get(PAGE))
    assert "Share of the tokens" in text
    assert "unknown" in text
    assert "$0.00" not in text


def test_the_page_asks_the_database_little(who: Personas, alice: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(6):
        version = runs.a_version(ASKS, team=who.team)
        allowances.limit_runs(by=who.alice, workflow=version.workflow.slug, most=3, now=NOW)
        allowances.set_budget(by=who.alice, subject=f"workflow:{version.workflow.slug}", unit="calls", most=9, now=NOW)
        paid(who, runs.start(version), cost=1)
    with django_assert_max_num_queries(16):
        alice.get(PAGE)
