"""Reviews of budgets: one that is live per budget, however many steps and runs wait for it. Its verdict changes the budget
alone; the sweeper wakes what waited."""

import json
from datetime import UTC, datetime

from orchestrator.contract.questions import Decision, Kind, PersonQuestion, question_to_json
from orchestrator.engine.notices import BudgetReached
from orchestrator.engine.values import JsonObject
from orchestrator.models import Run
from orchestrator.operations import budgets, upkeep
from reviews.models import Review
from reviews.operations.log import Entry, entry_row, ring
from reviews.operations.queues import DEFAULT, queue_for
from reviews.policy import Act, Source
from reviews.verdicts import digest

MICRO = 1_000_000
"""Money is stored in micro-dollars; people say dollars."""
_DOLLARS: JsonObject = {"type": "number", "minimum": 0.01, "maximum": 1_000_000, "title": "Raise by (US dollars)"}
_COUNT: JsonObject = {"type": "integer", "minimum": 1, "maximum": 10**12, "title": "Raise by"}


def open_budget_review(told: BudgetReached) -> None:
    """One review; called in the transaction that marks the budget as asked about."""
    question = _question(told)
    queue, _ = queue_for(team=told.team, slug=DEFAULT)
    version, workflow = Run.objects.of(told.team).values_list("version_id", "version__workflow_id").get(pk=told.run)
    review = Review.objects.create(
        team_id=told.team,
        queue=queue,
        run_id=told.run,
        budget_id=told.budget,
        workflow_id=workflow,
        version_id=version,
        kind=Kind.BUDGET.value,
        path="",
        round=0,
        key=f"budget:{told.budget}",
        title=question.title,
        body=json.dumps(question_to_json(question), ensure_ascii=False),
        created_at=datetime.fromtimestamp(upkeep.clock(), UTC),
    )
    entry = Entry(act=Act.OPEN, source=Source.PRODUCT, hash_before=digest(question.subject))
    entry_row(review, entry).save(force_insert=True)
    ring(told.team)


def apply_to_budget(review: Review, decision: Decision) -> None:
    """Give the budget its verdict. Raises Refused where it waits for none."""
    if review.budget is None:
        return
    amount = 0
    if decision.value is not None:
        factor = MICRO if review.budget.unit == "money" else 1
        amount = round(decision.value["amount"] * factor)
    budgets.decide(budget=review.budget.pk, verdict=decision.verdict, amount=amount)


def _question(told: BudgetReached) -> PersonQuestion:
    """`most` and `spent` are in the unit of the budget's row: micro-dollars, tokens or calls."""
    amount = _DOLLARS if told.unit == "money" else _COUNT
    return PersonQuestion(
        kind=Kind.BUDGET,
        title=f"The budget of {_owner(told.subject)} is reached",
        subject=_subject(told),
        schema={
            "type": "object",
            "required": ["amount"],
            "properties": {"amount": amount},
            "additionalProperties": False,
        },
        instructions=_instructions(told),
    )


def _subject(told: BudgetReached) -> JsonObject:
    """With `cheaper_model` where a cheaper model would help: tokens and calls are as many with any, and a budget that goes
    on with it already has no cheaper one."""
    found = {"subject": told.subject, "unit": told.unit, "most": told.most, "spent": told.spent}
    return {**found, "cheaper_model": budgets.CHEAPER} if _may_be_cheaper(told) else found


def _may_be_cheaper(told: BudgetReached) -> bool:
    return told.unit == "money" and not told.model


def _instructions(told: BudgetReached) -> str:
    if _may_be_cheaper(told):
        return f"Raise it, go on with what your team calls {budgets.CHEAPER!r}, or stop what waits for it."
    return "Raise it, or stop what waits for it."


def _owner(subject: str) -> str:
    """run:<id>, workflow:<id>, team:<id> or team:<id>:<year-month>, in words."""
    kind, _, rest = subject.partition(":")
    month = rest.partition(":")[2]
    words = {"run": "this run", "workflow": "this workflow", "team": "the team", "member": "a member"}
    return words.get(kind, subject) + (f" for {month}" if month else "")
