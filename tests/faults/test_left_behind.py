"""What a worker that was killed leaves in its calls, while its step is not begun again because the run is failing."""

import pytest

from orchestrator.dispatch import Outbox
from orchestrator.models import Call, Limit, Step
from orchestrator.worker.sweeper import Sweeper
from tests import runs

pytestmark = [pytest.mark.store, pytest.mark.django_db]
LONG_AGO = 1.0


def started_call(*, is_idempotent: bool, status: str, attempt: int = 1) -> Limit:
    """A call of a step's first attempt; the slot that it holds."""
    run = runs.start(runs.a_version("a -> b"))
    Step.unscoped.filter(run=run, path="a").update(status=status, attempt=attempt)
    limit = Limit.unscoped.create(team=runs.a_team(), subject="connection:1", capacity=1, used=1)
    Call.unscoped.create(
        run_id=run, path="a", round=1, key="answer", kind="model", target="fast", digest="", status="started", attempt=1,
        is_idempotent=is_idempotent, request='{"provider": "demo", "model": "demo"}', holds=f"[[], [{limit.pk}]]",
        started_at=LONG_AGO,
    )  # fmt: skip
    return limit


def used_after_a_sweep(limit: Limit) -> int:
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=False)
    limit.refresh_from_db()
    return limit.used


def test_the_slot_of_a_step_that_was_taken_back_is_free_again() -> None:
    assert used_after_a_sweep(started_call(is_idempotent=True, status="ready")) == 0


def test_the_slot_of_an_earlier_attempt_is_free_again() -> None:
    assert used_after_a_sweep(started_call(is_idempotent=True, status="running", attempt=2)) == 0


def test_the_slot_of_a_running_call_stays_taken() -> None:
    assert used_after_a_sweep(started_call(is_idempotent=True, status="running")) == 1


def test_a_call_that_must_not_be_repeated_stays_started_so_that_its_step_asks() -> None:
    started_call(is_idempotent=False, status="ready")
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=False)
    assert Call.unscoped.get().status == "started"
