"""Budgets: set by people, reached by calls, raised or stopped by people. One open review per budget, however many wait."""

from django.db import transaction
from django.db.models import F

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


def ask_people(*, budget: int, run: int, amount: int) -> None:
    """Open the one review of a budget that has no room for `amount`; does nothing while it is open, or once there is room."""
    with transaction.atomic():
        reached = Budget.unscoped.filter(pk=budget, asked=False, most__lt=F("spent") + F("reserved") + amount)
        if reached.update(asked=True):
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
    if verdict == "raised":
        if amount <= 0:
            raise Refused("Say by how much the budget is raised: a number above zero.", budget=budget)
        decided = rows.update(most=F("most") + amount, asked=False)
    elif verdict == "stopped":
        decided = rows.update(stopped=True, asked=False)
    else:
        raise Refused("A budget is raised or stopped.", verdict=verdict)
    if not decided:
        raise Refused("This budget is not waiting for a decision.", budget=budget)


def wake_waiting(*, budget: int) -> int:
    """Wake the steps that wait for a decided budget, a transaction per run; how many."""
    woken = 0
    for found in questions.with_event(event=f"budget:{budget}"):
        woken += bool(answers.wake(found, verdict="decided"))
    return woken


def decided_but_waited_for() -> list[int]:
    """Budgets that are decided while steps still wait for them: for the sweeper."""
    return questions.decided_budgets()
