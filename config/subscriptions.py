"""Who listens to which fact: how apps meet that may not import each other. Handed over when Django is ready."""

from datetime import UTC, datetime

from builder import open_reviews
from history import asked_people
from history.indexing import index_runs
from history.letters import report_runs
from orchestrator import facts
from reviews import operations as reviews
from reviews.waiting import open_by_workflow, runs_waiting_for
from teams import audit, idempotency, letters


def subscribe() -> None:
    """Once per process. Listeners of commits write rows of their own app in the commit's transaction, and nothing else."""
    facts.subscribe(
        step_asked=[reviews.open_review],
        question_withdrawn=[reviews.withdraw],
        question_answered=[reviews.close_answered],
        run_closed=[reviews.close_run],
        budget_reached=[reviews.open_budget_review],
        budget_set=[reviews.close_budget_review],
        version_published=[reviews.make_queues],
        tick=[reviews.apply_due, keep_teams, index_runs, report_runs],
    )
    asked_people.subscribe(runs_waiting_for)
    open_reviews.subscribe(open_by_workflow)


def keep_teams(now: float) -> None:
    """The audit log's chain goes on; keys of requests and letters of long ago are forgotten. `now` is the database's clock."""
    at = datetime.fromtimestamp(now, UTC)
    audit.chain_audit(now=at)
    idempotency.forget_old_keys(now=at)
    letters.forget_old_letters(now=at)
