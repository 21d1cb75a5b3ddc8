"""A step whose code neither ends at its deadline nor can be ended: its run goes on, and a worker full of them is replaced."""

import json
import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from orchestrator.dispatch import Outbox
from orchestrator.models import Call, Step
from orchestrator.worker import turn
from orchestrator.worker.clock import steady
from orchestrator.worker.held import Held, Holding, holding
from orchestrator.worker.identity import identity
from orchestrator.worker.pulse import GRACE, STUCK, Pulse
from orchestrator.worker.sweeper import Sweeper
from tests import runs
from tests.integration.test_upkeep import Quiet
from tests.plugins.nodes import hang

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
HANDLED = {"type": "hang", "timeout": 1, "on_error": "port"}


class Worker:
    """One thread of a worker in its step, and the pulse of its process on a clock of the test's."""

    def __init__(self, run: int) -> None:
        self.run, self.left, self.now = run, 0, steady()
        hang.released.clear()
        hang.entered.clear()
        sweeper = Sweeper(is_away=lambda: False, outbox=Outbox())
        self.pulse = Pulse(sweeper=sweeper, publisher=Quiet(), leave=self._leave)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=self._work)
        self.thread.start()
        assert hang.entered.wait(30)

    def _work(self) -> None:
        try:
            turn.work_on(run=self.run, queue="default")
        finally:
            connection.close()

    def _leave(self) -> None:
        self.left += 1

    def tick(self, *, after: float = 0.0) -> None:
        self.now += after
        self.pulse.tick(self.now)

    def release(self) -> None:
        """Its code comes back after all."""
        hang.released.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def worker() -> Iterator[Worker]:
    run = runs.start(runs.a_version("a -> b, a.error -> c", a=HANDLED))
    found = Worker(run)
    yield found
    found.release()
    identity.renewed_at = 0.0


def past_its_deadline(run: int) -> None:
    Step.unscoped.filter(run=run, path="a").update(deadline_at=1.0)


def test_it_is_left_alone_until_some_seconds_after_its_deadline(worker: Worker) -> None:
    worker.tick()
    past_its_deadline(worker.run)
    worker.tick(after=1)
    worker.tick(after=GRACE - 1)
    assert runs.step(worker.run, "a").status == "running"
    assert holding.is_overdue(Held(worker.run, "a", 1))


def test_then_it_fails_with_timeout_and_its_run_goes_on(worker: Worker) -> None:
    past_its_deadline(worker.run)
    worker.tick()
    worker.tick(after=GRACE)
    assert runs.step(worker.run, "a").status == "failed"
    assert json.loads(runs.step(worker.run, "a").error or "")["code"] == "timeout"
    runs.work(worker.run)
    assert (runs.status(worker.run), runs.step(worker.run, "c").status) == ("succeeded", "succeeded")


def test_its_late_result_is_refused(worker: Worker) -> None:
    past_its_deadline(worker.run)
    worker.tick()
    worker.tick(after=GRACE)
    worker.release()
    assert "late" not in (runs.step(worker.run, "a").output or "")
    assert runs.step(worker.run, "b").status == "skipped"
    assert holding.claims() == set()


def test_it_is_not_repeated_by_itself_where_a_tool_may_have_been_called(worker: Worker) -> None:
    retry = {"tries": 3, "node_errors": True}
    run = runs.start(runs.a_version("a", a={"type": "hang", "timeout": 1, "retry": retry}))
    worker.release()
    second = Worker(run)
    Call.unscoped.create(
        run_id=run, path="a", round=1, key="pay", kind="tool", target="charge", digest="", status="started", attempt=1,
        is_idempotent=False, request="{}", started_at=1.0,
    )  # fmt: skip
    past_its_deadline(run)
    second.tick()
    second.tick(after=GRACE)
    assert (runs.step(run, "a").status, runs.step(run, "a").reason) == ("waiting", "incident")
    second.release()


def test_a_worker_whose_threads_are_stuck_leaves_once(worker: Worker, settings: object) -> None:
    settings.BATON_THREADS = 4  # type: ignore[attr-defined]
    past_its_deadline(worker.run)
    worker.tick()
    worker.tick(after=STUCK - 1)
    assert worker.left == 0
    worker.tick(after=1)
    worker.tick(after=1)
    assert worker.left == 1


def test_one_stuck_thread_of_many_is_borne(worker: Worker) -> None:
    past_its_deadline(worker.run)
    worker.tick()
    worker.tick(after=10 * STUCK)
    assert worker.left == 0


def test_what_waits_behind_a_stuck_step_in_its_thread_is_known() -> None:
    kept = Holding()
    one, two, other = (Held(1, path, 1) for path in ("one", "two", "other"))
    kept.add({one, two})
    kept.add({other})
    with kept.working(one):
        kept.stop(one, now=5.0)
        assert kept.stuck(9.0, after=5) == set()
        assert kept.stuck(10.0, after=5) == {one}
    assert kept.stuck(10.0, after=5) == set()
    assert kept.beside({one}) == {two}
