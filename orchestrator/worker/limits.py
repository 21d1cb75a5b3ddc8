"""What happens when a budget is reached, no slot is free, a minute's tokens are spent or a connection rests.

Short waits for a slot block in place; every other wait gives the thread back.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from orchestrator.contract.errors import NodeError, Suspended
from orchestrator.operations import budgets
from orchestrator.operations.breakers import Resting
from orchestrator.operations.calls import BudgetReached, NoSlot, TokensSpent
from orchestrator.worker import committers
from orchestrator.worker.journal import Journal

SHORT = 5.0
"""Seconds that a wait may block in place."""
STEP = 0.05
LONG = 30.0
"""Seconds after which a waiting step looks again, should every hint be lost."""

Result = TypeVar("Result")


class BudgetStopped(NodeError):
    """People stopped this budget, so nothing more is spent on it. Raise the budget and retry the step."""

    code = "budget_stopped"


def taking(journal: Journal, take: Callable[[], Result]) -> Result:
    """What `take` gives, once budgets and limits allow it. Raises Suspended."""
    until = time.monotonic() + SHORT
    while True:
        try:
            return take()
        except BudgetReached as reached:
            _wait_for_budget(journal, reached)
        except NoSlot as full:
            wait = full.data["wait"]
            if time.monotonic() + (wait or STEP) > until:
                _wait_for(journal, f"slot:{full.data['limit']}", wait or LONG)
            time.sleep(wait or STEP)
        except TokensSpent as spent:
            _wait_for(journal, f"tokens:{spent.data['limit']}", spent.data["wait"])
        except Resting as resting:
            _wait_for(journal, resting.data["event"], resting.data["wait"])


def _wait_for_budget(journal: Journal, reached: BudgetReached) -> None:
    """People are asked once per budget; every blocked step waits for the same answer."""
    budget = reached.data["budget"]
    if reached.data["is_stopped"]:
        raise BudgetStopped
    told = reached.data
    committers.run(budgets.ask_people, budget=budget, run=journal.claim.run, amount=told["amount"], model=told["model"])
    key = f"budget:{budget}:{journal.claim.attempt}"
    journal.ask([journal.plain_ask(key, "budget", event=f"budget:{budget}", due=LONG * 20)])
    raise Suspended(frozenset({key}))


def _wait_for(journal: Journal, event: str, wait: float) -> None:
    """The event tells what is missing; who gives it back wakes the step, and after `wait` seconds it looks by itself."""
    key = f"{event}:{journal.claim.attempt}"
    journal.ask([journal.plain_ask(key, "limit", event=event, due=wait)])
    raise Suspended(frozenset({key}))
