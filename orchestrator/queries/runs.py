"""Runs as people see them: the list, and one of them. Of one team; what belongs to another is not found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import QuerySet

from orchestrator.engine.graph import END
from orchestrator.engine.values import BatonError, Json
from orchestrator.models import Run, Step
from orchestrator.queries.words import Word, run_word
from orchestrator.store import payloads
from teams.errors import NotFound

MOST = 200
MICRO = 1_000_000
"""Money is stored in micro-dollars; people read dollars."""


class RunNotFound(BatonError, NotFound):
    """There is no such run in this team. List the runs to find its id."""

    code = "no_such_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows; an empty one shows everything."""

    statuses: Sequence[str] = ()
    workflow: str = ""
    version: int | None = None
    started_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run in a list. `cost` is in dollars; `workflow` is the slug, `name` what people call it."""

    id: int
    workflow: str
    name: str
    version: int
    version_id: int
    status: str
    word: Word
    seq: int
    trigger: str
    is_test: bool
    started_by: str | None
    created_at: datetime
    finished_at: datetime | None
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnds:
    """What went into a run and what came out: `output` once it has succeeded, `error` of the step that failed it."""

    input: Json
    output: Json = None
    error: Mapping[str, Json] | None = field(default=None)


def find(*, team: int, run: int) -> Run:
    """The row. Raises RunNotFound."""
    found = _rows(team).filter(pk=run).first()
    if found is None:
        raise RunNotFound(f"There is no run {run} in this team. List the runs to find its id.", run=run)
    return found


def list_runs(*, team: int, filters: Filters, before: int | None, limit: int) -> list[RunRow]:
    """The newest first, those older than the run `before`."""
    rows = _rows(team)
    if filters.statuses:
        rows = rows.filter(status__in=list(filters.statuses))
    if filters.workflow:
        rows = rows.filter(version__workflow__slug=filters.workflow)
    if filters.version is not None:
        rows = rows.filter(version_id=filters.version)
    if filters.started_by is not None:
        rows = rows.filter(started_by=filters.started_by)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [run_row(run) for run in rows.defer("input").order_by("-pk")[: min(limit, MOST)]]


def run_row(run: Run) -> RunRow:
    """The run as a list shows it."""
    workflow = run.version.workflow
    return RunRow(
        id=run.pk,
        workflow=workflow.slug,
        name=(run.version.note or workflow.name) if workflow.is_hidden else workflow.name,
        version=run.version.number,
        version_id=run.version_id,
        status=run.status,
        word=run_word(run.status),
        seq=run.seq,
        trigger=run.trigger,
        is_test=run.is_test,
        started_by=str(run.started_by) if run.started_by else None,
        created_at=moment(run.created_at),
        finished_at=moment_or_none(run.finished_at),
        cost=dollars(run.cost),
    )


def ends_of(run: Run) -> RunEnds:
    """The run's input, its output and its error."""
    ended = Step.objects.of(run.team_id).filter(run=run.pk, path=END, status="succeeded")
    output = ended.values_list("output", flat=True).first() or ""
    stored = payloads.bodies(run.pk, [run.input, output])
    return RunEnds(
        input=decoded(stored.get(run.input, run.input)),
        output=decoded(stored.get(output, output)),
        error=_error(run) if run.status in ("failing", "failed") else None,
    )


def decoded(text: str | None) -> Json:
    """A stored value."""
    return json.loads(text) if text else None


def dollars(micro: int | None) -> float:
    """Micro-dollars as people read them."""
    return (micro or 0) / MICRO


def moment(at: float) -> datetime:
    """Seconds since the epoch as a moment in UTC."""
    return datetime.fromtimestamp(at, UTC)


def moment_or_none(at: float | None) -> datetime | None:
    """The same where there may be none yet."""
    return None if at is None else moment(at)


def _rows(team: int) -> QuerySet[Run]:
    return Run.objects.of(team).select_related("version__workflow", "started_by").defer("version__document")


def _error(run: Run) -> Mapping[str, Json] | None:
    """Of the step that failed first."""
    failed = Step.objects.of(run.team_id).filter(run=run.pk, status="failed").exclude(error=None)
    found = failed.order_by("finished_at", "id").values_list("path", "error").first()
    return {"step": found[0], **decoded(found[1])} if found else None
