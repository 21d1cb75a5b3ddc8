"""Deletes finished runs with all that belongs to them: steps, events, payloads, journal, questions, reviews, uploads.

What stays is the money in the ledger, which then names no run, and an entry of the audit log. A version that only ran from a
file (unlisted) goes with its last run.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from orchestrator.engine.state import FINAL_RUN, RunStatus
from orchestrator.engine.values import BatonError
from orchestrator.models import Budget, Call, Event, Limit, Payload, Run, Scope, Step, Version, Workflow
from orchestrator.operations import files
from orchestrator.queries.runs import RunNotFound, moment
from orchestrator.queries.workflows import WorkflowNotFound
from orchestrator.store.database import current_time
from teams.audit import record
from teams.callers import Caller, Through
from teams.errors import Conflict, WrongInput
from teams.operations.comments import forget_comments
from teams.policy import Action, Role

MOST = 50
"""Runs that one sweep deletes, each in a transaction of its own."""
DAY = 86_400
LONGEST_DAYS = 36_500
FINISHED = FINAL_RUN | {RunStatus.FAILED}


class RunNotFinished(BatonError, Conflict):
    """Only a finished run can be deleted. Cancel it first."""

    code = "run_not_finished"


class CallsUnderWay(BatonError, Conflict):
    """A call of this run may still be answered, and has to be booked. Delete the run in a minute."""

    code = "calls_under_way"


class WrongRetention(BatonError, WrongInput):
    """Runs are kept for a number of days, 1 or more; failed ones for as many at least. Leave it empty to keep them for ever."""

    code = "wrong_retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """For how many days finished runs are kept. None: for ever; `failed_days` None: as long as the others."""

    days: int | None = None
    failed_days: int | None = None


def delete_run(*, by: Caller, run: int, now: datetime) -> None:
    """Delete a finished run. Raises RunNotFound, RunNotFinished, CallsUnderWay, NotAllowed."""
    by.demand(Action.delete_run)
    with transaction.atomic():
        _delete(by=by, run=_locked(Run.objects.of(by.team_id), run), action="run.deleted", now=now)


def set_retention(*, by: Caller, slug: str, kept: Kept, now: datetime) -> None:
    """How long finished runs of a workflow are kept. Raises WorkflowNotFound, WrongRetention, NotAllowed."""
    by.demand(Action.delete_run)
    _check(kept)
    with transaction.atomic():
        rows = Workflow.objects.of(by.team_id).filter(slug=slug)
        if not rows.update(keep_days=kept.days, keep_failed_days=kept.failed_days):
            raise WorkflowNotFound(f"There is no workflow {slug!r} in this team. List the workflows to find its slug.")
        data = {"days": kept.days, "failed_days": kept.failed_days}
        record(by=by, action="workflow.retention_set", subject=slug, data=data, now=now)


def retention_of(*, by: Caller, slug: str) -> Kept:
    """How long its finished runs are kept. Raises WorkflowNotFound."""
    found = Workflow.objects.of(by.team_id).filter(slug=slug).first()
    if found is None:
        raise WorkflowNotFound(f"There is no workflow {slug!r} in this team. List the workflows to find its slug.")
    return Kept(days=found.keep_days, failed_days=found.keep_failed_days)


def expired() -> list[int]:
    """Finished runs that their workflow no longer keeps, and those of workflows that were deleted a day ago; at most MOST."""
    at = current_time()
    gone = Run.unscoped.filter(version__workflow__deleted_at__lt=moment(at - DAY), status__in=FINISHED)
    found = list(gone.values_list("pk", flat=True)[:MOST])
    for workflow in Workflow.unscoped.filter(keep_days__isnull=False):
        days = workflow.keep_days or 0
        failed_days = days if workflow.keep_failed_days is None else workflow.keep_failed_days
        is_old = Q(finished_at__lt=at - days * DAY) & ~Q(status=RunStatus.FAILED)
        is_old |= Q(finished_at__lt=at - failed_days * DAY, status=RunStatus.FAILED)
        rows = Run.unscoped.filter(is_old, version__workflow=workflow, status__in=FINISHED)
        found += list(rows.order_by("finished_at").values_list("pk", flat=True)[: MOST - len(found)])
        if len(found) == MOST:
            break
    return found


def remove_deleted() -> int:
    """Remove the workflows that were deleted a day ago and have no run any more, with their versions; how many."""
    since = moment(current_time() - DAY)
    rows = Workflow.unscoped.filter(deleted_at__lt=since).exclude(versions__runs__isnull=False)
    found = list(rows.values_list("pk", flat=True)[:MOST])
    for workflow in found:
        subjects = [f"workflow:{workflow}", f"runs:workflow:{workflow}"]
        with transaction.atomic():
            Budget.unscoped.filter(subject__in=subjects).delete()
            Limit.unscoped.filter(subject__in=subjects).delete()
            Workflow.unscoped.filter(pk=workflow, deleted_at__lt=since).delete()
    return len(found)


def forget(*, run: int) -> bool:
    """Delete an expired run; False where it is gone, runs again, or a call of it is under way."""
    now = datetime.fromtimestamp(current_time(), UTC)
    try:
        with transaction.atomic():
            found = _locked(Run.unscoped.all(), run)
            _delete(by=_product(found.team_id), run=found, action="run.expired", now=now)
    except (RunNotFound, RunNotFinished, CallsUnderWay):
        return False
    return True


def _product(team: int) -> Caller:
    return Caller(team_id=team, role=Role.owner, through=Through.operator, name="the workflow's retention")


def _check(kept: Kept) -> None:
    days, failed = kept.days, kept.failed_days
    if any(one is not None and not 1 <= one <= LONGEST_DAYS for one in (days, failed)):
        raise WrongRetention
    if failed is not None and (days is None or failed < days):
        raise WrongRetention


def _locked(rows: QuerySet[Run], run: int) -> Run:
    found = rows.select_for_update(of=("self",)).select_related("version__workflow").filter(pk=run).first()
    if found is None:
        raise RunNotFound(f"There is no run {run} in this team. List the runs to find its id.", run=run)
    if found.status not in FINISHED:
        raise RunNotFinished(f"Run {run} is {found.status}. Cancel it first.", run=run, status=found.status)
    if Call.unscoped.filter(run=run, status="started").exists():
        raise CallsUnderWay(run=run)
    return found


def _delete(*, by: Caller, run: Run, action: str, now: datetime) -> None:
    """In the caller's transaction. The large tables first, each by one statement; the rest hangs on the run's row."""
    number, version = run.pk, run.version
    files.doom(run=number)
    _ask_again(run)
    for model in (Payload, Event, Call, Scope, Step):
        model.unscoped.filter(run=number).delete()
    Budget.unscoped.filter(team=run.team_id, subject=f"run:{number}").delete()
    forget_comments(team=run.team_id, subject=f"run:{number}")
    run.delete()
    if version.workflow.is_hidden and not Run.unscoped.filter(version=version).exists():
        Version.unscoped.filter(pk=version.pk).delete()
    data = {"workflow": version.workflow.slug, "status": run.status, "started_at": moment(run.created_at).isoformat()}
    record(by=by, action=action, subject=f"run:{number}", data=data, now=now)


def _ask_again(run: Run) -> None:
    """A review of a wider budget names the run that met it first, and goes with it: whoever still waits for it asks anew."""
    live = Budget.unscoped.filter(team=run.team_id, asked=True, reviews__run=run.pk, reviews__closed_at=None)
    live.exclude(subject=f"run:{run.pk}").update(asked=False)
