"""What the pulse and the sweeper repair, from rows alone. No test sleeps: times are moved in the rows."""

import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest

from orchestrator.dispatch import Outbox, outbox
from orchestrator.models import Budget, Call, Limit, Question, Run, Step, Tick, Worker
from orchestrator.operations import upkeep, work
from orchestrator.store import questions
from orchestrator.worker.held import Held, Holding
from orchestrator.worker.identity import Identity
from orchestrator.worker.pulse import Pulse
from orchestrator.worker.sweeper import Sweeper
from tests import runs

pytestmark = [pytest.mark.django_db, pytest.mark.store]


@dataclass
class Quiet:
    """A publisher that nobody listens to."""

    is_away: bool = False
    came_back: threading.Event = field(default_factory=threading.Event)

    def watched(self, _runs: list[int]) -> list[int]:
        return []


def a_pulse(number: int = 1, slot_holding: Holding | None = None) -> Pulse:
    sweeper = Sweeper(is_away=lambda: False, outbox=Outbox())
    holding = slot_holding or Holding()
    return Pulse(sweeper=sweeper, identity=Identity(number=number), holding=holding, publisher=Quiet())  # type: ignore[arg-type]


def claimed(worker: int) -> int:
    """A run whose only step is held by that worker."""
    run = runs.start(runs.a_version("a -> b"))
    (step,) = work.go_on(run=run, worker=worker, queue="default").steps
    assert step.path == "a"
    return run


def age(seconds: float) -> None:
    for worker in Worker.objects.all():
        Worker.objects.filter(pk=worker.pk).update(seen_at=worker.seen_at - seconds)


def wakeups(sweeper: Sweeper) -> Counter[tuple[int, str]]:
    return sweeper.outbox.take(0.0).wakeups


def test_the_steps_of_a_worker_that_is_not_seen_are_taken_back() -> None:
    run = claimed(worker=5)
    upkeep.seen(worker=5, slot="")
    sweeper = Sweeper(is_away=lambda: False, outbox=Outbox())
    sweeper.sweep(take_back_lost=True)
    assert runs.step(run, "a").status == "running"
    age(21)
    sweeper.sweep(take_back_lost=True)
    assert (runs.step(run, "a").status, runs.step(run, "a").crashes) == ("ready", 0)


def test_processes_that_were_not_seen_for_a_day_are_forgotten() -> None:
    upkeep.seen(worker=5, slot="")
    age(86_401)
    upkeep.seen(worker=6, slot="")
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=False)
    assert list(Worker.objects.values_list("id", flat=True)) == [6]


@pytest.mark.parametrize("status", ["paused", "failing", "failed", "cancelled"])
def test_a_free_slot_goes_to_a_run_that_would_use_it(status: str) -> None:
    """Others of the team wait for the same slot: a hint must not be lost on a run that claims nothing."""
    first, second = (runs.start(runs.a_version("a")) for _ in range(2))
    for run in (first, second):
        Question.unscoped.create(
            run_id=run,
            path="a",
            round=1,
            key="slot",
            kind="limit",
            status="open",
            waited=True,
            event="slot:9",
            created_at=1.0,
        )
    assert questions.oldest(event="slot:9").run == first  # type: ignore[union-attr]
    Run.unscoped.filter(pk=first).update(status=status, paused=status == "paused")
    assert questions.oldest(event="slot:9").run == second  # type: ignore[union-attr]


def test_a_step_that_had_begun_counts_the_crash() -> None:
    run = claimed(worker=5)
    Step.unscoped.filter(run=run, path="a").update(begun=True)
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=True)
    assert runs.step(run, "a").crashes == 1


def test_after_a_gap_of_its_own_a_process_takes_nothing_back() -> None:
    """The whole machine was suspended: renewals come first, and nobody's crash is counted."""
    run = claimed(worker=5)
    pulse = a_pulse(number=6)
    pulse.tick(1000.0)
    Tick.objects.update(due=0)
    pulse.tick(1005.0)
    assert runs.step(run, "a").status == "running"
    for second in range(1006, 1030):
        Tick.objects.update(due=0)
        pulse.tick(float(second))
    assert runs.step(run, "a").status == "ready"


@pytest.mark.parametrize("seconds", [60.0, -3600.0])
def test_after_a_jump_of_the_databases_clock_nobody_who_is_alive_is_taken_for_lost(seconds: float) -> None:
    run, upright = claimed(worker=5), a_pulse(number=6)
    upkeep.seen(worker=5, slot="")
    for second in (1000.0, 1005.0, 1010.0, 1015.0, 1020.0, 1025.0):
        upright.tick(second)
    age(seconds)
    Tick.objects.update(due=Tick.objects.get().due - seconds)
    upright.tick(1026.0)
    upkeep.seen(worker=5, slot="")
    for second in range(1027, 1060):
        Tick.objects.update(due=0)
        upright.tick(float(second))
    assert (runs.step(run, "a").status, runs.step(run, "a").attempt) == ("running", 1)


def test_after_the_databases_clock_was_set_back_a_lost_worker_is_found_all_the_same() -> None:
    run = claimed(worker=5)
    upkeep.seen(worker=5, slot="")
    age(-3600.0)
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=True)
    assert runs.step(run, "a").status == "ready"


def test_after_the_databases_clock_was_set_back_somebody_sweeps() -> None:
    upkeep.tick()
    Tick.objects.update(due=Tick.objects.get().due + 3600)
    assert upkeep.tick()


def test_a_restarted_process_takes_its_predecessors_steps_back_at_once(settings: object) -> None:
    settings.BATON_SLOT = "worker-1"  # type: ignore[attr-defined]
    upkeep.seen(worker=5, slot="worker-1")
    run = claimed(worker=5)
    a_pulse(number=6).tick(1000.0)
    assert runs.step(run, "a").status == "ready"


def test_a_claim_whose_answer_was_lost_is_taken_back_at_the_second_look() -> None:
    run = claimed(worker=6)
    pulse = a_pulse(number=6)
    pulse.tick(1000.0)
    assert runs.step(run, "a").status == "running"
    pulse.tick(1005.0)
    assert runs.step(run, "a").status == "ready"


def test_a_claim_that_a_thread_works_on_is_left_alone() -> None:
    run = claimed(worker=6)
    holding = Holding()
    holding.add({Held(run, "a", 1)})
    pulse = a_pulse(number=6, slot_holding=holding)
    for now in (1000.0, 1005.0, 1010.0):
        pulse.tick(now)
    assert runs.step(run, "a").status == "running"
    assert not holding.is_stopped(Held(run, "a", 1))


def test_a_claim_that_is_no_longer_ours_is_stopped() -> None:
    run = claimed(worker=6)
    holding = Holding()
    holding.add({Held(run, "a", 1)})
    Run.unscoped.filter(pk=run).update(status="cancelled")
    Step.unscoped.filter(run=run).update(status="cancelled", worker=None)
    a_pulse(number=6, slot_holding=holding).tick(1000.0)
    assert holding.is_stopped(Held(run, "a", 1))


def test_a_step_past_its_deadline_is_stopped() -> None:
    run = claimed(worker=6)
    holding = Holding()
    holding.add({Held(run, "a", 1)})
    Step.unscoped.filter(run=run, path="a").update(deadline_at=1.0)
    a_pulse(number=6, slot_holding=holding).tick(1000.0)
    assert holding.is_overdue(Held(run, "a", 1))


def test_a_step_that_was_stopped_gets_its_time_to_end_anew_after_its_process_stood_still() -> None:
    holding, claim = Holding(), Held(1, "a", 1)
    holding.add({claim})
    with holding.working(claim):
        holding.stop(claim, now=1000.0, overdue=True)
        holding.start_anew(1030.0)
        assert not holding.stuck(1031.0, after=5.0)
        assert holding.stuck(1035.0, after=5.0) == {claim}


def test_after_the_databases_clock_was_set_back_a_lost_wake_up_is_found_all_the_same() -> None:
    run = runs.start(runs.a_version("a"))
    Run.unscoped.filter(pk=run).update(woken_at=upkeep.clock() + 3600)
    sweeper = Sweeper(is_away=lambda: False, outbox=Outbox())
    sweeper.sweep(take_back_lost=False)
    assert wakeups(sweeper)[run, "default"] == 1


def test_a_run_whose_wake_up_was_lost_is_woken_later_and_later() -> None:
    run = runs.start(runs.a_version("a"))
    sweeper = Sweeper(is_away=lambda: False, outbox=Outbox())
    waits = []
    for wait in (10, 20, 40, 60, 60):
        Run.unscoped.filter(pk=run).update(woken_at=upkeep.clock() - wait + 2)
        sweeper.sweep(take_back_lost=False)
        assert not wakeups(sweeper)
        Run.unscoped.filter(pk=run).update(woken_at=upkeep.clock() - wait - 1)
        sweeper.sweep(take_back_lost=False)
        waits.append(wakeups(sweeper)[run, "default"])
    assert waits == [1, 1, 1, 1, 1]


def test_a_wake_up_that_the_broker_did_not_take_does_not_count() -> None:
    run = runs.start(runs.a_version("a"))
    Run.unscoped.filter(pk=run).update(woken_at=1.0)
    Sweeper(is_away=lambda: True, outbox=Outbox()).sweep(take_back_lost=False)
    assert Run.unscoped.get(pk=run).wakes == 0


def test_when_the_broker_is_back_every_run_with_ready_work_is_woken() -> None:
    run = runs.start(runs.a_version("a"))
    Run.unscoped.filter(pk=run).update(wakes=3)
    sweeper = Sweeper(is_away=lambda: False, outbox=Outbox())
    sweeper.wake_everything()
    assert wakeups(sweeper)[run, "default"] == 1
    assert Run.unscoped.get(pk=run).wakes == 0


def test_one_process_sweeps_at_a_time() -> None:
    assert [upkeep.tick(), upkeep.tick()] == [True, False]


def test_a_reservation_whose_call_nobody_will_end_is_given_back() -> None:
    team = runs.a_team()
    run = runs.played("a")
    limit = Limit.unscoped.create(team=team, subject="connection:1", capacity=1, used=1)
    budget = Budget.unscoped.create(team=team, subject="team", unit="calls", most=9, reserved=1)
    Call.unscoped.create(
        run_id=run, path="a", round=1, key="answer", kind="model", target="fast", digest="", status="started", attempt=1,
        is_idempotent=True, request='{"provider": "demo", "model": "demo"}',
        holds=f'[[[{budget.pk}, "calls", 1]], [{limit.pk}]]', started_at=1.0,
    )  # fmt: skip
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=True)
    limit.refresh_from_db()
    budget.refresh_from_db()
    assert (limit.used, budget.reserved, budget.spent) == (0, 0, 1)
    assert Call.unscoped.get(run=run).status == "lost"


@pytest.mark.django_db(transaction=True)
def test_parallel_work_that_nobody_was_told_of_is_worth_as_many_wake_ups() -> None:
    nodes = {f"n{number}": {"type": "prompt", "config": {"prompt": "x"}} for number in range(5)}
    outbox.take(0.0)
    run = runs.start(runs.a_version({"nodes": nodes, "edges": []}))
    assert outbox.take(1000.0).wakeups[run, "default"] == 5
    sweeper = Sweeper(is_away=lambda: False, outbox=Outbox())
    sweeper.wake_everything()
    assert wakeups(sweeper)[run, "default"] == 5
