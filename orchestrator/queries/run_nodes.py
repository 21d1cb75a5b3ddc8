"""How far each node of a run is, for its graph: one row per node however many items it has. Of one team."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Count, F, Max, Min, OuterRef, Subquery, Sum
from django.db.models.functions import Substr

from orchestrator.engine.graph import Graph
from orchestrator.engine.values import Json
from orchestrator.models import Budget, LedgerEntry, Run, Scope, Step, Version
from orchestrator.queries.run_steps import waits_of
from orchestrator.queries.words import Waited
from orchestrator.store.database import current_time
from orchestrator.store.graphs import graph_of

SHOWN = ("ready", "running", "waiting", "succeeded", "failed", "skipped", "cancelled")
LONGEST = 600
"""Characters of an output or error that a card is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Tokens, and micro-dollars."""

    tokens: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The one step of a node that has no items. `output` and `error` are the beginning of what is stored."""

    path: str
    status: str
    reason: str
    round: int
    tries: int
    output: str
    error: str
    waited: Waited | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """How far the items of a container are; of its last round."""

    size: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """A node of the graph in this run. `counts` are steps by (status, reason); `brief` is set where it is a single step."""

    node: str
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    started_at: float | None = None
    finished_at: float | None = None
    spent: Spent = Spent()
    brief: Brief | None = None
    items: Items | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a run's graph is drawn from."""

    document: Mapping[str, Json]
    layout: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A budget of a run: `unit` is money (micro-dollars), tokens or calls."""

    unit: str
    spent: int
    most: int


def nodes_of(run: Run) -> dict[str, NodeState]:
    """By the node's key, those that anything has happened to. Six queries for any number of items."""
    found = _counted(run)
    spent, briefs, items = _spent(run), _briefs(run), _items(run)
    return {
        key: replace(state, spent=spent.get(key, Spent()), brief=briefs.get(key), items=items.get(key))
        for key, state in found.items()
    }


def graph_of_run(run: Run) -> Graph:
    """The compiled graph of its version."""
    return graph_of(run.version_id)


def drawing_of(run: Run) -> Drawing:
    """The document and the layout of its version."""
    document, layout = Version.objects.of(run.team_id).values_list("document", "layout").get(pk=run.version_id)
    return Drawing(document=document, layout=layout)


def budgets_of(run: Run) -> list[Used]:
    """Those of this run alone."""
    rows = Budget.objects.of(run.team_id).filter(subject=f"run:{run.pk}").order_by("unit")
    return [Used(unit=row.unit, spent=row.spent + row.reserved, most=row.most) for row in rows]


def runs_ahead(run: Run) -> int:
    """How many of the team's runs were started before this one and wait for a worker too."""
    return Run.objects.of(run.team_id).filter(status="queued", pk__lt=run.pk).count()


def clock() -> float:
    """The database's time, by which everything that is stored was written: seconds since the epoch."""
    return current_time()


def _counted(run: Run) -> dict[str, NodeState]:
    rows = (
        Step.objects.of(run.team_id)
        .filter(run=run.pk, status__in=SHOWN)
        .exclude(node__endswith="/")
        .values_list("node", "status", "reason")
        .annotate(Count("pk"), Min("started_at"), Max("finished_at"))
        .order_by("node")
    )
    found: dict[str, NodeState] = {}
    for node, status, reason, count, started_at, finished_at in rows:
        state = found.get(node, NodeState(node=node))
        found[node] = replace(
            state,
            counts={**state.counts, (status, reason): count},
            started_at=_first(min, state.started_at, started_at),
            finished_at=_first(max, state.finished_at, finished_at),
        )
    return found


def _first(choose: Callable[[Iterable[float]], float], *times: float | None) -> float | None:
    known = [at for at in times if at is not None]
    return choose(known) if known else None


def _spent(run: Run) -> dict[str, Spent]:
    node = Step.objects.of(run.team_id).filter(run=OuterRef("run"), path=OuterRef("path")).values("node")[:1]
    rows = (
        LedgerEntry.objects.of(run.team_id)
        .filter(run=run.pk)
        .annotate(node=Subquery(node))
        .values("node")
        .annotate(tokens=Sum(F("tokens_in") + F("tokens_out")), paid=Sum("cost"))
        .values_list("node", "tokens", "paid")
        .order_by("node")
    )
    return {key: Spent(tokens=tokens or 0, cost=cost or 0) for key, tokens, cost in rows if key}


def _briefs(run: Run) -> dict[str, Brief]:
    rows = list(
        Step.objects.of(run.team_id)
        .filter(run=run.pk, scope="", status__in=SHOWN)
        .annotate(begins=Substr("output", 1, LONGEST), broke=Substr("error", 1, LONGEST))
        .values_list("node", "path", "status", "reason", "round", "tries", "begins", "broke")
    )
    waited = waits_of(run, [row[1] for row in rows if row[2] == "waiting"])
    return {row[0]: _brief(row[1:], waited) for row in rows}


def _brief(row: Sequence[Json], waited: Mapping[str, Waited]) -> Brief:
    path, status, reason, round_number, tries, output, error = row
    return Brief(
        path=path,
        status=status,
        reason=reason,
        round=round_number,
        tries=tries,
        output=output or "",
        error=error or "",
        waited=waited.get(path),
    )


def _items(run: Run) -> dict[str, Items]:
    """Of containers of the root graph. Later rounds come later."""
    rows = Scope.objects.of(run.team_id).filter(run=run.pk).exclude(container__contains="[").order_by("round")
    found = rows.values_list("container", "size", "done", "failed")
    return {container: Items(size=size, done=done, failed=failed) for container, size, done, failed in found}
