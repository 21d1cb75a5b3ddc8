"""What a team allows itself, as its settings show it: budgets with what is used of them, and limits on what goes on at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from orchestrator.models import NO_LIMIT, Budget, Limit, Workflow
from teams.callers import Caller
from teams.models import Connection, Team
from teams.policy import Action

MOST = 300
NEARLY = 0.8
"""The share of a budget from which on it is nearly used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """A budget. `subject` is what the operations take: team, team:<month>, workflow:<slug>; `name` a workflow's name."""

    id: int
    subject: str
    name: str
    month: str
    unit: str
    most: int
    spent: int
    reserved: int
    state: str
    """fine, nearly, cheaper, reached, asked or stopped."""
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """Limits of one workflow, or of one connection; None is no limit."""

    id: int
    name: str
    slug: str
    runs: int | None
    calls: int | None
    per_minute: int | None
    tokens_per_minute: int | None
    under_way: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """Everything on the page of limits."""

    budgets: tuple[BudgetLine, ...]
    team: LimitLine
    workflows: tuple[LimitLine, ...]
    connections: tuple[LimitLine, ...]
    names: tuple[tuple[str, str], ...]
    """Slug and name of the workflows that a budget or limit can be set for."""


def allowances(*, by: Caller) -> Allowances:
    """Raises NotAllowed."""
    by.demand(Action.edit_budget)
    team = Team.objects.get(pk=by.team_id)
    limits = {row.subject: row for row in Limit.objects.of(team)[: 3 * MOST]}
    workflows = list(Workflow.objects.of(team).filter(is_hidden=False, deleted_at=None).order_by("name")[:MOST])
    connections = Connection.objects.of(team).order_by("name")
    return Allowances(
        budgets=tuple(_budgets(team, workflows)),
        team=_line(team, limits.get(f"team:{team.pk}"), runs=team.max_concurrent_runs),
        workflows=tuple(_of_workflows(workflows, limits)),
        connections=tuple(_line(row, limits.get(f"connection:{row.pk}")) for row in connections),
        names=tuple((row.slug, row.name) for row in workflows),
    )


def _of_workflows(workflows: Iterable[Workflow], limits: Mapping[str, Limit]) -> Iterable[LimitLine]:
    """Those that have a limit."""
    for row in workflows:
        runs, calls = limits.get(f"runs:workflow:{row.pk}"), limits.get(f"workflow:{row.pk}")
        line = _line(row, calls, runs=runs.capacity if runs else None)
        if (line.runs, line.calls, line.per_minute) != (None, None, None):
            yield line


def _line(row: Workflow | Connection | Team, limit: Limit | None, *, runs: int | None = None) -> LimitLine:
    return LimitLine(
        id=row.pk,
        name=row.name,
        slug=getattr(row, "slug", ""),
        runs=runs,
        calls=limit.capacity if limit else None,
        per_minute=limit.per_minute if limit else None,
        tokens_per_minute=limit.tokens_per_minute if limit else None,
        under_way=limit.used if limit else 0,
    )


def _budgets(team: Team, workflows: Iterable[Workflow]) -> Iterable[BudgetLine]:
    """Those of the team, its months and its workflows; a run's own are on the run's page."""
    known = {f"workflow:{row.pk}": row for row in workflows}
    rows = Budget.objects.of(team).exclude(most=NO_LIMIT).exclude(Q(subject__startswith="run:"))
    whole = f"team:{team.pk}"
    for row in rows.order_by("-asked", "subject", "unit")[:MOST]:
        month = row.subject.removeprefix(f"{whole}:") if row.subject.startswith(f"{whole}:") else ""
        workflow = known.get(row.subject)
        if workflow is not None:
            yield _budget(row, f"workflow:{workflow.slug}", name=workflow.name)
        elif month or row.subject == whole:
            yield _budget(row, f"team:{month}" if month else "team", month=month)


def _budget(row: Budget, subject: str, *, name: str = "", month: str = "") -> BudgetLine:
    return BudgetLine(
        id=row.pk,
        subject=subject,
        name=name,
        month=month,
        unit=row.unit,
        most=row.most,
        spent=row.spent,
        reserved=row.reserved,
        state=_state(row),
        model=row.model,
    )


def _state(row: Budget) -> str:
    if row.stopped:
        return "stopped"
    if row.asked:
        return "asked"
    if row.spent + row.reserved >= row.most:
        return "reached"
    if row.model:
        return "cheaper"
    return "nearly" if row.spent + row.reserved >= NEARLY * row.most else "fine"
