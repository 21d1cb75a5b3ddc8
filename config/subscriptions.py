"""Who listens to which fact: how apps meet that may not import each other. Handed over when Django is ready."""

from orchestrator import facts
from reviews import operations as reviews


def subscribe() -> None:
    """Once per process. Listeners of commits write rows of their own app in the commit's transaction, and nothing else."""
    facts.subscribe(
        step_asked=[reviews.open_review],
        question_withdrawn=[reviews.withdraw],
        question_answered=[reviews.close_answered],
        run_closed=[reviews.close_run],
        budget_reached=[reviews.open_budget_review],
        tick=[reviews.apply_due],
    )
