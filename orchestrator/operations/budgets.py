"""Budgets: set by people, reached by calls, raised or stopped by people. One open review per budget, however many wait."""

from django.db import transaction
from django.db.models import BigIntegerField, F, Q, QuerySet, Value

from orchestrator import facts
from orchestrator.engine.move import Refused
from orchestrator.engine.notices import BudgetReached, BudgetSet
from orchestrator.models import NO_LIMIT, Budget
from orchestrator.operations import answers
from orchestrator.store import questions

UNITS = ("money", "tokens", "calls")
CHEAPER = "fast"
"""What calls under a budget go to once people chose a cheaper model: what the team means by it, its connections say."""


def set_budget(*, team: int, subject: str, unit: str, most: int) -> None:
    """Set the limit on one unit (micro-dollars, tokens or calls) of a subject such as run:<id>, workflow:<id>, team:<id>. It
    holds from now on whatever people decided about the budget before; a review of it that is open ends."""
    if unit not in UNITS or most < 0:
        raise Refused(f"A budget limits one of {', '.join(UNITS)} to a number that is not negative.")
    rows = Budget.objects.of(team)
    same = rows.filter(subject=subject, unit=unit)
    with transaction.atomic():
        same.filter(most=NO_LIMIT).update(spent=0)
        if not same.update(most=most, stopped=False, model=""):
            rows.model.unscoped.get_or_create(team_id=team, subject=subject, unit=unit, defaults={"most": most})
        for budget in same.filter(asked=True).values_list("pk", flat=True):
            if same.filter(pk=budget, asked=True).update(asked=False):
                facts.tell_budget_set(BudgetSet(budget=budget))


def remove_budget(*, team: int, subject: str, unit: str) -> None:
    """Nothing is limited by it any more; who waits for it goes on. Set again, it counts from nothing. Raises Refused."""
    rows = Budget.objects.of(team).filter(subject=subject, unit=unit).exclude(most=NO_LIMIT)
    if not rows.exists():
        raise Refused("There is no such budget. It may have been removed already.", subject=subject, unit=unit)
    set_budget(team=team, subject=subject, unit=unit, most=NO_LIMIT)


def ask_people(*, budget: int, run: int, amount: int, model: str = "") -> None:
    """Open the one review of a budget that has no room for `amount`; does nothing while it is open, or once there is room,
    or where people have chosen a cheaper model that the call (it went to `model`) did not know of."""
    with transaction.atomic():
        full = Budget.unscoped.filter(pk=budget, asked=False, most__lt=F("spent") + F("reserved") + _large(amount))
        reached = full.filter(Q(model="") | Q(model=model))
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
                    model=found.model,
                )
            )


def _large(amount: int) -> Value:
    """Micro-dollars need 64 bits; without the type PostgreSQL's driver sends 32 of them, and 3,000 dollars become less."""
    return Value(amount, output_field=BigIntegerField())


def decide(*, budget: int, verdict: str, amount: int = 0) -> None:
    """What people decided: `raised` by `amount` of its unit; `cheaper`, which may raise it too; or `stopped`. Changes the
    budget alone, and only while it is asked about: of two deciders one is refused. The sweeper wakes the steps that wait for
    it. Raises Refused."""
    rows = Budget.unscoped.filter(pk=budget, asked=True)
    if verdict == "raised":
        if amount <= 0:
            raise Refused("Say by how much the budget is raised: a number above zero.", budget=budget)
        decided = rows.update(most=F("most") + _large(amount), asked=False)
    elif verdict == "cheaper":
        decided = _make_cheaper(rows, budget, amount)
    elif verdict == "stopped":
        decided = rows.update(stopped=True, asked=False)
    else:
        raise Refused("A budget is raised, goes on with a cheaper model, or is stopped.", verdict=verdict)
    if not decided:
        raise Refused("This budget is not waiting for a decision.", budget=budget)


def _make_cheaper(rows: QuerySet[Budget], budget: int, amount: int) -> int:
    if amount < 0:
        raise Refused("A budget is raised by a number that is not negative.", budget=budget)
    if rows.exclude(unit="money").exists():
        raise Refused("Only a budget of money lasts longer with a cheaper model. Raise it, or stop.", budget=budget)
    return rows.update(most=F("most") + _large(amount), model=CHEAPER, asked=False)


def wake_waiting(*, budget: int) -> int:
    """Wake the steps that wait for a decided budget, a transaction per run; how many."""
    woken = 0
    for found in questions.with_event(event=f"budget:{budget}"):
        woken += bool(answers.wake(found, verdict="decided"))
    return woken


def decided_but_waited_for() -> list[int]:
    """Budgets that are decided while steps still wait for them: for the sweeper."""
    return questions.decided_budgets()
