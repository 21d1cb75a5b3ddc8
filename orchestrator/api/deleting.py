"""Deleting finished runs, and how long a workflow keeps them. One route shares its address with one that reads."""

from django.http import HttpRequest
from django.utils import timezone
from pydantic import Field

from orchestrator.api.runs import router
from orchestrator.operations import deleting
from orchestrator.operations.deleting import LONGEST_DAYS, Kept
from orchestrator.schemas import Given
from teams.policy import Action
from teams.routes import Demanding, caller

__all__ = ["router"]


class Retention(Given):
    """Days for which finished runs are kept, and failed ones where that is longer; null is for ever, or as the others."""

    days: int | None = Field(default=None, ge=1, le=LONGEST_DAYS)
    failed_days: int | None = Field(default=None, ge=1, le=LONGEST_DAYS)

    @classmethod
    def of(cls, kept: Kept) -> "Retention":
        return cls(days=kept.days, failed_days=kept.failed_days)


@router.delete("/runs/{run_id}", auth=Demanding(Action.delete_run), response={204: None})
def delete_run(request: HttpRequest, run_id: int) -> None:
    """Delete a finished run for good, with its payloads, uploads and reviews. What it cost stays in the team's ledger."""
    deleting.delete_run(by=caller(request), run=run_id, now=timezone.now())


@router.get("/workflows/{slug}/retention", auth=Demanding(Action.see), response=Retention)
def get_retention(request: HttpRequest, slug: str) -> Retention:
    """For how long finished runs of the workflow are kept."""
    return Retention.of(deleting.retention_of(by=caller(request), slug=slug))


@router.put("/workflows/{slug}/retention", auth=Demanding(Action.delete_run), response=Retention)
def set_retention(request: HttpRequest, slug: str, body: Retention) -> Retention:
    """Set it; `unlisted` is the workflow of files that the command line ran. The sweeper deletes older runs for good."""
    kept = Kept(days=body.days, failed_days=body.failed_days)
    deleting.set_retention(by=caller(request), slug=slug, kept=kept, now=timezone.now())
    return Retention.of(kept)
