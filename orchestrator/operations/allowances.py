"""What a team allows itself: budgets, runs at the same time, calls of a connection; set by its admins, kept in the audit log."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from orchestrator.engine.values import BatonError
from orchestrator.models import Budget, Limit
from orchestrator.operations import budgets
from orchestrator.operations.starting import runs_subject
from orchestrator.queries.runs import find
from orchestrator.queries.workflows import find_workflow
from teams.audit import record
from teams.callers import Caller
from teams.errors import WrongInput
from teams.models import Connection
from teams.policy import Action


class WrongSubject(BatonError, WrongInput):
    """Name what is limited: `team`, `team:<year>-<month>`, `workflow:<slug>` or `run:<id>`."""

    code = "wrong_subject"


class WrongLimit(BatonError, WrongInput):
    """A limit is a whole number of 1 or more; leave it empty for none."""

    code = "wrong_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """How much may go on at once (`capacity`) and in a minute: calls, and tokens of models; None is no limit."""

    capacity: int | None = None
    per_minute: int | None = None
    tokens_per_minute: int | None = None


def set_budget(*, by: Caller, subject: str, unit: str, most: int, now: datetime) -> Budget:
    """The limit on money (micro-dollars), tokens or calls. Raises WrongSubject, Refused, RunNotFound, WorkflowNotFound."""
    by.demand(Action.edit_budget)
    named = budget_subject(by, subject)
    with transaction.atomic():
        budgets.set_budget(team=by.team_id, subject=named, unit=unit, most=most)
        record(by=by, action="budget.set", subject=subject, data={"unit": unit, "most": most}, now=now)
    return Budget.objects.of(by.team_id).get(subject=named, unit=unit)


def remove_budget(*, by: Caller, subject: str, unit: str, now: datetime) -> None:
    """No limit any more. Raises WrongSubject, Refused, RunNotFound, WorkflowNotFound."""
    by.demand(Action.edit_budget)
    named = budget_subject(by, subject)
    with transaction.atomic():
        budgets.remove_budget(team=by.team_id, subject=named, unit=unit)
        record(by=by, action="budget.removed", subject=subject, data={"unit": unit}, now=now)


def budget_subject(by: Caller, subject: str) -> str:
    """The row's subject for what a person names. Only what is the team's own can be named."""
    kind, _, name = subject.partition(":")
    match kind:
        case "team":
            return f"team:{by.team_id}:{_month(name)}" if name else f"team:{by.team_id}"
        case "workflow":
            return f"workflow:{find_workflow(team=by.team_id, slug=name).pk}"
        case "run" if name.isdecimal():
            return f"run:{find(team=by.team_id, run=int(name)).pk}"
    raise WrongSubject


def limit_runs(*, by: Caller, workflow: str, most: int | None, now: datetime) -> None:
    """How many runs of a workflow may run at the same time. Raises WorkflowNotFound, WrongLimit."""
    by.demand(Action.edit_budget)
    found = find_workflow(team=by.team_id, slug=workflow)
    with transaction.atomic():
        _set(by.team_id, runs_subject(found.pk), Allowed(capacity=most))
        record(by=by, action="workflow.limit_set", subject=workflow, data={"runs_at_once": most}, now=now)


def limit_calls(*, by: Caller, workflow: str | None, allowed: Allowed, now: datetime) -> None:
    """How many calls of a workflow, or of the whole team, may go on at once and in a minute."""
    by.demand(Action.edit_budget)
    subject = (
        f"team:{by.team_id}" if workflow is None else f"workflow:{find_workflow(team=by.team_id, slug=workflow).pk}"
    )
    data = {"calls_at_once": allowed.capacity, "calls_per_minute": allowed.per_minute}
    with transaction.atomic():
        _set(by.team_id, subject, allowed)
        record(
            by=by,
            action="team.limit_set" if workflow is None else "workflow.limit_set",
            subject=subject,
            data=data,
            now=now,
        )


def follow_connection(connection: Connection) -> None:
    """The limits that a connection says of itself, as the row that its calls take from. In the caller's transaction."""
    allowed = Allowed(
        capacity=connection.max_concurrency,
        per_minute=connection.requests_per_minute,
        tokens_per_minute=connection.tokens_per_minute,
    )
    _set(connection.team_id, f"connection:{connection.pk}", allowed)


def forget_connection(*, team: int, connection: int) -> None:
    """The connection is gone, and its limits with it."""
    Limit.objects.of(team).filter(subject=f"connection:{connection}").delete()


def _set(team: int, subject: str, allowed: Allowed) -> None:
    values = asdict(allowed)
    if any(most is not None and most < 1 for most in values.values()):
        raise WrongLimit
    rows = Limit.objects.of(team).filter(subject=subject)
    if not rows.update(**values) and allowed != Allowed():
        Limit.unscoped.get_or_create(team_id=team, subject=subject, defaults=values)


def _month(text: str) -> str:
    try:
        return f"{datetime.strptime(text, '%Y-%m').date():%Y-%m}"  # noqa: DTZ007  # a month has no time zone
    except ValueError:
        raise WrongSubject(f"{text!r} is no month. Write one like team:2026-11.") from None
