"""The page of limits and budgets: what may go on at once, what may be spent, and what was spent this month."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from orchestrator.engine.values import BatonError
from orchestrator.operations import allowances
from orchestrator.operations.allowances import Allowed
from orchestrator.queries import allowances as queries
from orchestrator.queries.allowances import Allowances
from orchestrator.queries.spending import WAYS, month_of, spent
from orchestrator.views.limit_forms import BudgetForm, TeamLimitsForm, WorkflowLimitsForm, initial_of
from orchestrator.views.limits_shown import budget_rows, spent_shown
from orchestrator.views.refusing import page_for
from teams.callers import Caller
from teams.operations.teams import set_max_concurrent_runs
from teams.policy import Action
from teams.values import TeamsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for."""

    request: HttpRequest
    by: Caller
    known: Allowances
    now: datetime


Done = str | dict[str, Any]
"""A sentence that says what was done; or, with its name on the page, the form that was wrong."""


@page_for(Action.edit_budget)
@require_safe
def limits(request: HttpRequest, by: Caller) -> HttpResponse:
    """`?budget=ID` and `?workflow=SLUG` fill the forms with what is there; `?by=` says how spending is told apart."""
    wish = _wish(request, by)
    return render(request, "orchestrator/limits.html", _shown(wish))


@page_for(Action.edit_budget)
@require_POST
def act(request: HttpRequest, by: Caller, verb: str) -> HttpResponse:
    """Set limits, set and remove budgets."""
    if verb not in VERBS:
        raise Http404
    wish = _wish(request, by)
    done = VERBS[verb](wish)
    if isinstance(done, dict):
        context = {**_shown(wish), **done}
        return render(request, "orchestrator/limits.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, done)
    return redirect("orchestrator:limits")


def _limit_team(wish: Wish) -> Done:
    form = TeamLimitsForm(wish.request.POST)

    def save() -> None:
        given = form.cleaned_data
        allowed = Allowed(capacity=given["calls"], per_minute=given["per_minute"])
        set_max_concurrent_runs(by=wish.by, most=given["runs"], now=wish.now)
        allowances.limit_calls(by=wish.by, workflow=None, allowed=allowed, now=wish.now)

    return _("The team's limits are saved.") if _saved(save, form) else {"team_form": form}


def _limit_workflow(wish: Wish) -> Done:
    form = WorkflowLimitsForm(wish.request.POST, names=wish.known.names)

    def save() -> None:
        given, by, now = form.cleaned_data, wish.by, wish.now
        allowed = Allowed(capacity=given["calls"], per_minute=given["per_minute"])
        allowances.limit_runs(by=by, workflow=given["workflow"], most=given["runs"], now=now)
        allowances.limit_calls(by=by, workflow=given["workflow"], allowed=allowed, now=now)

    return _("The workflow's limits are saved.") if _saved(save, form) else {"workflow_form": form}


def _set_budget(wish: Wish) -> Done:
    form = BudgetForm(wish.request.POST, allowances=wish.known, now=wish.now)

    def save() -> None:
        given = form.cleaned_data
        subject, unit = given["subject"], given["unit"]
        allowances.set_budget(by=wish.by, subject=subject, unit=unit, most=form.amount(), now=wish.now)

    return _("The budget is set. What waited for it goes on.") if _saved(save, form) else {"budget_form": form}


def _remove_budget(wish: Wish) -> Done:
    posted = wish.request.POST
    subject, unit = posted.get("subject", ""), posted.get("unit", "")
    try:
        allowances.remove_budget(by=wish.by, subject=subject, unit=unit, now=wish.now)
    except (BatonError, TeamsError) as error:
        form = BudgetForm({}, allowances=wish.known, now=wish.now)
        form.errors.clear()
        form.add_error(None, str(error))
        return {"budget_form": form}
    return _("The budget was removed. Nothing is limited by it any more.")


VERBS: Mapping[str, Callable[[Wish], Done]] = {
    "team": _limit_team,
    "workflow": _limit_workflow,
    "budget": _set_budget,
    "remove": _remove_budget,
}


def _saved(save: Callable[[], None], form: forms.Form) -> bool:
    """Whether it worked; a refusal is put above the form."""
    if not form.is_valid():
        return False
    try:
        save()
    except (BatonError, TeamsError) as error:
        form.add_error(None, str(error))
    return not form.errors


def _wish(request: HttpRequest, by: Caller) -> Wish:
    return Wish(request=request, by=by, known=queries.allowances(by=by), now=timezone.now())


def _shown(wish: Wish) -> dict[str, Any]:
    known, asked = wish.known, wish.request.GET
    chosen = next((line for line in known.budgets if str(line.id) == asked.get("budget")), None)
    limited = next((line for line in known.workflows if line.slug == asked.get("workflow")), None)
    way = asked.get("by") if asked.get("by") in WAYS else WAYS[0]
    since = month_of(wish.now)
    initial = {**TeamLimitsForm.of(limited).initial, "workflow": limited.slug} if limited else None
    return {
        "known": known,
        "budgets": budget_rows(known.budgets),
        "chosen": chosen,
        "limited": limited,
        "team_form": TeamLimitsForm.of(known.team),
        "workflow_form": WorkflowLimitsForm(names=known.names, initial=initial),
        "budget_form": BudgetForm(allowances=known, now=wish.now, initial=initial_of(chosen) if chosen else None),
        "spent": spent_shown(spent(team=wish.by.team_id, way=str(way), since=since), way=str(way), since=since),
    }
