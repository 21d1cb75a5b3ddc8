"""Runs: start, list, look at, and what people do to them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from orchestrator.engine.values import BatonError
from orchestrator.models import Version
from orchestrator.operations import answers, rerun, runs, starting
from orchestrator.operations.starting import Wanted
from orchestrator.queries import run_steps, workflows
from orchestrator.queries import runs as queries
from orchestrator.queries.runs import Filters
from orchestrator.schemas import (
    Changed,
    Delivered,
    EventIn,
    Limit,
    RunIn,
    RunOut,
    RunPage,
    RunWhole,
    SkipIn,
    StepName,
    StepPage,
    StepWhole,
)
from teams.callers import Caller
from teams.errors import WrongInput
from teams.policy import Action
from teams.routes import Demanding, caller, repeatable

router = Router(tags=["runs"])
Status = Literal["queued", "running", "waiting", "paused", "failing", "failed", "succeeded", "cancelled"]
Statuses = Annotated[list[Status], Query()]
StepLimit = Annotated[int, Query(ge=1, le=500)]


class WrongStart(BatonError, WrongInput):
    """Say what to start: either `workflow` (a slug, with `number` for one version) or `version` (an id)."""

    code = "wrong_start"


@router.post("/runs", auth=Demanding(Action.start_run), response={201: RunOut})
def start_run(request: HttpRequest, body: RunIn) -> HttpResponse:
    """Start a run. Send an Idempotency-Key: whoever repeats the request then gets the same run."""
    return repeatable(request, lambda: _started(caller(request), body), status=HTTPStatus.CREATED)


def _started(by: Caller, body: RunIn) -> RunOut:
    wanted = Wanted(version=_version(by, body), given=body.input, budget=body.budget.units(), trigger=body.trigger)
    run = starting.start_run(by=by, wanted=wanted)
    return RunOut.of(queries.run_row(queries.find(team=by.team_id, run=run)))


def _version(by: Caller, body: RunIn) -> Version:
    if body.version is not None and body.workflow is None and body.number is None:
        return workflows.find_version(team=by.team_id, version=body.version)
    if body.workflow is not None and body.version is None:
        return workflows.version_of(team=by.team_id, slug=body.workflow, number=body.number)
    raise WrongStart


@router.get("/runs", auth=Demanding(Action.see), response=RunPage)
def list_runs(
    request: HttpRequest,
    status: Statuses = [],  # noqa: B006  # ninja copies it
    workflow: str = "",
    before: int | None = None,
    limit: Limit = 50,
) -> RunPage:
    """The team's runs, the newest first."""
    filters = Filters(statuses=status, workflow=workflow)
    found = queries.list_runs(team=caller(request).team_id, filters=filters, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return RunPage(items=[RunOut.of(row) for row in found], next=following)


@router.get("/runs/{run_id}", auth=Demanding(Action.see), response=RunWhole)
def get_run(request: HttpRequest, run_id: int) -> RunWhole:
    """A run with its steps."""
    run = queries.find(team=caller(request).team_id, run=run_id)
    page = StepPage.of(run_steps.steps_of(run), limit=run_steps.MOST)
    return RunWhole.whole(queries.run_row(run), queries.ends_of(run), page)


@router.get("/runs/{run_id}/steps", auth=Demanding(Action.see), response=StepPage)
def list_steps(request: HttpRequest, run_id: int, after: int = 0, limit: StepLimit = 500) -> StepPage:
    """The steps of a run, page by page."""
    run = queries.find(team=caller(request).team_id, run=run_id)
    return StepPage.of(run_steps.steps_of(run, after=after, limit=limit), limit=limit)


@router.get("/runs/{run_id}/step", auth=Demanding(Action.see), response=StepWhole)
def get_step(request: HttpRequest, run_id: int, path: str) -> StepWhole:
    """One step by its path, with its input, its whole output and its calls."""
    run = queries.find(team=caller(request).team_id, run=run_id)
    return StepWhole.of(run_steps.step_of(run, path=path))


@router.post("/runs/{run_id}/cancel", auth=Demanding(Action.control_run), response=Changed)
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """End the run: its open steps, questions and reviews are closed."""
    return _changed(request, run_id, lambda by: runs.cancel(run=run_id, by=by.name))


@router.post("/runs/{run_id}/pause", auth=Demanding(Action.control_run), response=Changed)
def pause(request: HttpRequest, run_id: int) -> HttpResponse:
    """Begin nothing new; what runs finishes."""
    return _changed(request, run_id, lambda by: runs.pause(run=run_id, by=by.name))


@router.post("/runs/{run_id}/resume", auth=Demanding(Action.control_run), response=Changed)
def resume(request: HttpRequest, run_id: int) -> HttpResponse:
    """Let a paused run go on."""
    return _changed(request, run_id, lambda by: runs.resume(run=run_id, by=by.name))


@router.post("/runs/{run_id}/retry", auth=Demanding(Action.control_run), response=Changed)
def retry(request: HttpRequest, run_id: int, body: StepName) -> HttpResponse:
    """A failed step again, in a new round; the run goes on from there."""
    return _changed(request, run_id, lambda by: runs.retry(run=run_id, path=body.path, by=by.name))


@router.post("/runs/{run_id}/rerun", auth=Demanding(Action.start_run), response={201: RunOut})
def run_again(request: HttpRequest, run_id: int) -> HttpResponse:
    """Start a new run with the version, the input and the budget of this one; its files are copied."""

    def make() -> RunOut:
        by = caller(request)
        started = rerun.run_again(by=by, run=run_id)
        return RunOut.of(queries.run_row(queries.find(team=by.team_id, run=started)))

    return repeatable(request, make, status=HTTPStatus.CREATED)


@router.post("/runs/{run_id}/skip", auth=Demanding(Action.skip_step), response=Changed)
def skip(request: HttpRequest, run_id: int, body: SkipIn) -> HttpResponse:
    """A failed step counts as done with the output that you give."""

    def change(by: Caller) -> object:
        return runs.skip(run=run_id, path=body.path, output=body.output, by=by.name, ports=body.ports)

    return _changed(request, run_id, change)


@router.post("/events", auth=Demanding(Action.control_run), response=Delivered)
def deliver_event(request: HttpRequest, body: EventIn) -> Delivered:
    """Tell the steps that wait for it now that something happened. Each hears it once, however often it is sent."""
    team = caller(request).team_id  # a transaction for each run: so no Idempotency-Key, which is one for all
    found = answers.deliver_event(team=team, name=body.name, correlation=body.correlation, payload=body.payload)
    return Delivered(delivered=found)


def _changed(request: HttpRequest, run_id: int, change: Callable[[Caller], object]) -> HttpResponse:
    by = caller(request)

    def make() -> Changed:
        queries.find(team=by.team_id, run=run_id)
        change(by)
        row = queries.run_row(queries.find(team=by.team_id, run=run_id))
        return Changed.model_validate({"run": row.id, "status": row.status, "word": row.word, "seq": row.seq})

    return repeatable(request, make)
