"""Budgets, and limits on what may go on at the same time."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from orchestrator.models import NO_LIMIT, Budget
from orchestrator.operations import allowances
from orchestrator.operations.allowances import Allowed
from orchestrator.schemas import BudgetOut, BudgetSet, Given
from teams.operations.teams import set_max_concurrent_runs
from teams.policy import Action
from teams.routes import Demanding, caller

router = Router(tags=["budgets and limits"])
MOST = 500


class BudgetPage(Schema):
    """The team's newest budgets, at most 500."""

    items: list[BudgetOut]


class LimitsIn(Given):
    """What to limit: the team, or one workflow by its slug; null is no limit, what is left out stays as it is."""

    workflow: str | None = Field(default=None, max_length=80)
    runs_at_once: int | None = Field(default=None, ge=1)
    calls_at_once: int | None = Field(default=None, ge=1)
    calls_per_minute: int | None = Field(default=None, ge=1)


@router.get("/budgets", auth=Demanding(Action.see), response=BudgetPage)
def list_budgets(request: HttpRequest, subject: str = "") -> BudgetPage:
    """The team's budgets, or those of one subject: team, team:<year>-<month>, workflow:<slug>, run:<id>."""
    by = caller(request)
    rows = Budget.objects.of(by.team_id).exclude(most=NO_LIMIT).order_by("-pk")
    if subject:
        rows = rows.filter(subject=allowances.budget_subject(by, subject))
    return BudgetPage(items=[BudgetOut.of(row) for row in rows[:MOST]])


@router.put("/budgets", auth=Demanding(Action.edit_budget), response=BudgetOut)
def set_budget(request: HttpRequest, body: BudgetSet) -> BudgetOut:
    """Set how much money, how many tokens or calls a run, a workflow, the team or a month of it may use."""
    row = allowances.set_budget(
        by=caller(request), subject=body.subject, unit=body.unit, most=body.amount(), now=timezone.now()
    )
    return BudgetOut.of(row)


@router.put("/limits", auth=Demanding(Action.edit_budget), response={204: None})
def set_limits(request: HttpRequest, body: LimitsIn) -> None:
    """Set how many runs and calls may go on at the same time. At the limit of runs a start is answered with 429."""
    by, now, named = caller(request), timezone.now(), body.model_fields_set
    if "runs_at_once" in named:
        if body.workflow is None:
            set_max_concurrent_runs(by=by, most=body.runs_at_once, now=now)
        else:
            allowances.limit_runs(by=by, workflow=body.workflow, most=body.runs_at_once, now=now)
    if named & {"calls_at_once", "calls_per_minute"}:
        allowed = Allowed(capacity=body.calls_at_once, per_minute=body.calls_per_minute)
        allowances.limit_calls(by=by, workflow=body.workflow, allowed=allowed, now=now)
