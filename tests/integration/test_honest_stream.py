"""The stream is honest: whatever is done to a run, folding the events that it told into a stale view gives the rows.

The operations are taken from their modules: a new one without a case here fails.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import pytest

from orchestrator.contract.questions import Decision
from orchestrator.engine.fold import View, fold
from orchestrator.models import Budget, Event, Question, Run, Step
from orchestrator.operations import answers, breakers, budgets, calls, overdue, runs, starting, upkeep, work
from orchestrator.operations.starting import Wanted
from orchestrator.queries.events import events
from orchestrator.store import questions
from orchestrator.worker.identity import identity
from tests import runs as played
from tests.personas import personas
from tests.world import FAILS, gated

pytestmark = [pytest.mark.django_db, pytest.mark.store]

PEEK = {"tool": "peek", "arguments": {"word": "x"}}
WAITS = {"type": "wait", "config": {"event": "paid", "correlation": "7"}}
MODULES: tuple[ModuleType, ...] = (answers, breakers, budgets, calls, overdue, runs, starting, upkeep, work)
NO_RUN = {
    "answers.event_name": "makes a name",
    "answers.answer_found": "answers.answer, once the question is found",
    "answers.hear": "answers.deliver_event, from the side of who waits",
    "answers.set_due": "changes a time that no view shows by itself",
    "answers.check_skip": "reads",
    "answers.forget_events": "drops events that no run has heard",
    "breakers.ask": "changes a breaker alone",
    "breakers.event_of": "makes a name",
    "breakers.tell": "changes a breaker; who waits is woken by answers.wake",
    "budgets.set_budget": "changes a budget alone",
    "budgets.remove_budget": "sets it without a limit: budgets.set_budget",
    "budgets.ask_people": "opens a review of a budget",
    "budgets.decide": "changes a budget alone; the sweeper wakes who waits",
    "budgets.decided_but_waited_for": "reads",
    "calls.return_orphans": "gives back reservations and slots, which no event tells of",
    "calls.wanted_of": "reads",
    "starting.runs_subject": "makes a name",
}
Act = Callable[[], object]
Case = Callable[[], tuple[int, Act]]


def operations() -> Iterator[str]:
    """Every public function of the operations on runs."""
    for module in MODULES:
        for name, found in inspect.getmembers(module, inspect.isfunction):
            if found.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__.rpartition('.')[2]}.{name}"


def view_of_rows(run: int) -> View:
    """What a page reads."""
    rows = Step.unscoped.filter(run=run).exclude(status="pending").values_list("path", "status")
    return View(run=Run.unscoped.get(pk=run).status, steps=dict(rows))


def document(*nodes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"nodes": dict(nodes), "edges": []}


def fresh() -> int:
    return played.start(played.a_version("a -> b"))


def failed() -> int:
    run = played.start(played.a_version(FAILS), {"message": "x"})
    played.work(run)
    return run


def gate() -> int:
    return played.played(gated(), {"message": "x"})


def gated_run() -> int:
    return played.start(played.a_version(gated()), {"message": "x"})


def waiting() -> int:
    return played.played(document(("pay", WAITS)))


def asking(run: int) -> Question:
    return played.open_questions(run)[0]


def on(make: Callable[[], int], do: Callable[[int], object]) -> Case:
    """A case: a run in some state, and what is done to it."""

    def case() -> tuple[int, Act]:
        run = make()
        return run, lambda: do(run)

    return case


def claimed() -> int:
    """A run whose first step some worker holds."""
    run = fresh()
    work.go_on(run=run, worker=identity.number, queue="default")
    assert Step.unscoped.filter(run=run, status="running").exists()
    return run


def held(run: int) -> list[tuple[int, str, int]]:
    return list(Step.unscoped.filter(run=run, status="running").values_list("run_id", "path", "attempt"))


def take_back(*, crashed: bool) -> Callable[[int], object]:
    return lambda run: upkeep.take_back(steps=held(run), crashed=crashed)


def speaking() -> int:
    """A run that is about to call a model."""
    return played.start(played.a_version(document(("ask", {"type": "prompt", "config": {"prompt": "hello"}}))))


def mapped() -> int:
    inner = {"nodes": {"x": {"type": "transform", "config": {"template": "{{ item }}"}}}, "edges": []}
    each = {"type": "map", "config": {"items": "{{ inputs.list }}", "body": inner, "cap": 2}}
    return played.start(played.a_version(document(("each", each))), {"list": list(range(7))})


def peeking() -> int:
    """A run that is about to use a tool which only reads: its call is recorded without an intent."""
    return played.start(played.a_version(document(("peek", {"type": "tool", "config": PEEK}))))


def expiring() -> int:
    pay = {**WAITS, "config": {**WAITS["config"], "timeout": 3600}}  # type: ignore[dict-item]
    return played.played(document(("pay", pay)))


def elapse(run: int) -> None:
    found = asking(run)
    Question.unscoped.filter(pk=found.pk).update(due_at=1.0)
    answers.elapse(run=run, path=found.path, round_number=found.round, key=found.key)


def wake(run: int) -> None:
    found = questions.find(question=asking(run).pk)
    assert found is not None
    answers.wake(found, verdict="free")


def elapse_due(run: int) -> None:
    Question.unscoped.filter(run=run).update(due_at=1.0)
    assert upkeep.elapse_due() == 1


def blocked() -> int:
    """A run that waits for a budget which people have raised."""
    run = speaking()
    team = Run.unscoped.get(pk=run).team_id
    budgets.set_budget(team=team, subject=f"run:{run}", unit="calls", most=0)
    played.work(run)
    budget = Budget.unscoped.get(subject=f"run:{run}")
    budgets.decide(budget=budget.pk, verdict="raised", amount=5)
    return run


def wake_waiting(run: int) -> None:
    assert budgets.wake_waiting(budget=Budget.unscoped.get(subject=f"run:{run}").pk) == 1


def started_for_somebody() -> tuple[int, Act]:
    people = personas()
    version = played.a_version("a", team=people.team)
    return 0, lambda: starting.start_run(by=people.alice, wanted=Wanted(version=version, given={}))


def answered(verdict: str, value: Any = None) -> Callable[[int], object]:
    return lambda run: answers.answer(
        question=asking(run).pk, decision=Decision(verdict=verdict, value=value, comment="no")
    )


def paid(run: int) -> None:
    team = Run.unscoped.get(pk=run).team_id
    assert answers.deliver_event(team=team, name="paid", correlation="7", payload=None) == 1


CASES: Mapping[str, tuple[Case, ...]] = {
    "answers.answer": tuple(
        on(gate, answered(verdict, value))
        for verdict, value in (("approved", None), ("edited", "y"), ("changes_requested", None), ("rejected", None))
    ),
    "answers.deliver_event": (on(waiting, paid),),
    "answers.elapse": (on(expiring, elapse),),
    "answers.wake": (on(waiting, wake),),
    "budgets.wake_waiting": (on(blocked, wake_waiting),),
    "calls.begin": (on(speaking, played.work),),
    "calls.end": (on(speaking, played.work),),
    "calls.record": (on(peeking, played.work),),
    "overdue.fail_hung": (on(claimed, lambda run: overdue.fail_hung(steps=held(run))),),
    "runs.start": (lambda: (0, fresh), lambda: (0, mapped)),
    "runs.cancel": tuple(on(make, lambda run: runs.cancel(run=run, by="a")) for make in (fresh, gate, failed, claimed)),
    "runs.pause": tuple(on(make, lambda run: runs.pause(run=run, by="a")) for make in (fresh, claimed)),
    "runs.resume": (on(lambda: runs.pause(run=fresh(), by="a").run, lambda run: runs.resume(run=run, by="a")),),
    "runs.retry": (on(failed, lambda run: runs.retry(run=run, path="cut", by="a")),),
    "runs.skip": (on(failed, lambda run: runs.skip(run=run, path="cut", output=1, by="a")),),
    "starting.start_run": (started_for_somebody,),
    "upkeep.elapse_due": (on(expiring, elapse_due),),
    "upkeep.take_back": tuple(on(claimed, take_back(crashed=crashed)) for crashed in (True, False)),
    "work.go_on": tuple(on(make, played.work) for make in (fresh, mapped, gated_run, speaking)),
}
EACH = [(name, number) for name, cases in CASES.items() for number in range(len(cases))]


def test_every_operation_has_a_case() -> None:
    assert sorted([*CASES, *NO_RUN]) == sorted(operations())


@pytest.mark.parametrize(("name", "number"), EACH)
def test_events_folded_into_a_stale_view_are_what_the_rows_say(name: str, number: int) -> None:
    run, act = CASES[name][number]()
    stale = view_of_rows(run) if run else View()
    before = Run.unscoped.get(pk=run).seq if run else 0
    done = act()
    run = run or int(getattr(done, "run", done))  # type: ignore[call-overload]
    told = events(run=run, after=before, limit=100_000)
    view = stale
    for _, _, facts in told:
        view = fold(view, facts)
    assert view == view_of_rows(run)
    seqs = list(Event.unscoped.filter(run=run).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, Run.unscoped.get(pk=run).seq + 1))
    assert told
