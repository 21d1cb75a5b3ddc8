"""Budgets: set by people, reached by calls, raised or stopped by people. One open review per budget, however many wait."""

from django.db import transaction

from orchestrator import facts
from orchestrator.engine.move import Refused
from orchestrator.engine.notices import BudgetReached
from orchestrator.models import Budget
from orchestrator.operations import answers
from orchestrator.store import questions

UNITS = ("money", "tokens", "calls")


def set_budget(*, team: int, subject: str, unit: str, most: int) -> None:
    """Set the limit on one unit (micro-dollars, tokens or calls) of a subject such as run:<id>, workflow:<id>, team:<id>."""
    if unit not in UNITS or most < 0:
        raise Refused(f"A budget limits one of {', '.join(UNITS)} to a number that is not negative.")
    rows = Budget.objects.of(team)
    if not rows.filter(subject=subject, unit=unit).update(most=most, stopped=False):
        rows.model.unscoped.get_or_create(team_id=team, subject=subject, unit=unit, defaults={"most": most})


def ask_people(*, budget: int, run: int) -> None:
    """Open the one review of a budget that is reached; does nothing while it is open."""
    with transaction.atomic():
        if Budget.unscoped.filter(pk=budget, asked=False).update(asked=True):
            found = Budget.unscoped.get(pk=budget)
            facts.tell_budget(
                BudgetReached(
                    run=run,
                    budget=budget,
                    team=found.team_id,
                    subject=found.subject,
                    unit=found.unit,
                    most=found.most,
                    spent=found.spent,
                )
            )


def decide(*, budget: int, verdict: str, amount: int = 0) -> None:
    """What people decided: `raised` by `amount` of its unit, or `stopped`. Changes the budget alone; the sweeper wakes the
    steps that wait for it. Raises Refused."""
    rows = Budget.unscoped.filter(pk=budget, asked=True)
    found = rows.first()
    if found is None:
        raise Refused("This budget is not waiting for a decision.", budget=budget)
    if verdict == "raised":
        if amount <= 0:
            raise Refused("Say by how much the budget is raised: a number above zero.", budget=budget)
        rows.update(most=found.most + amount, asked=False)
    elif verdict == "stopped":
        rows.update(stopped=True, asked=False)
    else:
        raise Refused("A budget is raised or stopped.", verdict=verdict)


def wake_waiting(*, budget: int) -> int:
    """Wake the steps that wait for a decided budget, a transaction per run; how many."""
    woken = 0
    for found in questions.with_event(event=f"budget:{budget}"):
        woken += bool(answers.wake(found, verdict="decided"))
    return woken


def decided_but_waited_for() -> list[int]:
    """Budgets that are decided while steps still wait for them: for the sweeper."""
    waiting = questions.events_like(prefix="budget:")
    numbers = [int(event.partition(":")[2]) for event in waiting]
    return list(Budget.unscoped.filter(pk__in=numbers, asked=False).values_list("pk", flat=True))
