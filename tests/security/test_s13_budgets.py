"""S13: budgets are reserved before each call, and loops and steps have an end."""

import pytest
from django.db import transaction

from orchestrator.models import Budget
from orchestrator.nodes import agent
from orchestrator.nodes import map as map_node
from orchestrator.store import holds
from orchestrator.store.holds import BudgetReached, Holds, Wanted
from tests import runs
from tests.threads import at_once

pytestmark = pytest.mark.store


def a_budget(most: int, unit: str = "calls") -> Budget:
    team = runs.a_team()
    return Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit=unit, most=most)


def take(budget: Budget, amount: int = 1) -> Holds:
    with transaction.atomic():
        return holds.take(Wanted(budgets=((budget.pk, budget.unit),), units={budget.unit: amount}))


@pytest.mark.django_db(transaction=True)
def test_however_many_take_at_once_the_budget_is_never_overshot() -> None:
    budget = a_budget(10)

    def try_one() -> bool:
        try:
            take(budget)
        except BudgetReached:
            return False
        return True

    taken = at_once([try_one] * 40)
    budget.refresh_from_db()
    assert (sum(bool(one) for one in taken), budget.reserved) == (10, 10)


@pytest.mark.django_db
def test_what_a_call_may_use_is_reserved_before_it_and_settled_after_it() -> None:
    budget = a_budget(1000, unit="tokens")
    held = take(budget, 700)
    with pytest.raises(BudgetReached):
        take(budget, 700)
    holds.give_back(held, spent={"tokens": 120})
    budget.refresh_from_db()
    assert (budget.reserved, budget.spent) == (0, 120)
    take(budget, 700)


@pytest.mark.django_db
def test_a_refused_reservation_takes_nothing_of_the_other_budgets() -> None:
    wide, narrow = a_budget(100), a_budget(0)
    wanted = Wanted(budgets=((wide.pk, "calls"), (narrow.pk, "calls")), units={"calls": 1})
    with pytest.raises(BudgetReached), transaction.atomic():
        holds.take(wanted)
    wide.refresh_from_db()
    assert wide.reserved == 0


def test_turns_calls_and_items_have_a_hard_maximum() -> None:
    fields = agent.Config.model_json_schema()["properties"]
    assert (fields["max_turns"]["maximum"], fields["max_calls"]["maximum"]) == (200, 1000)
    assert map_node.MOST_ITEMS == 10_000
