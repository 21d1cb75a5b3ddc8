"""What calls cost: nothing that may be on a vendor's bill vanishes, nothing is counted twice, nothing stays reserved."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.db.models import Sum

from orchestrator.contract.errors import CallError, CallTimeout, TransientCallError, WrongCredentials
from orchestrator.contract.messages import ModelAnswer, ModelRequest
from orchestrator.models import Budget, Call, LedgerEntry, Run, Step
from orchestrator.operations import calls, upkeep, work
from orchestrator.operations.calls import At, Holds, Intent, Outcome, Spent, Wanted
from orchestrator.providers._errors import AnswerTooLarge, TruncatedStream, UnreadableAnswer
from orchestrator.store.database import execute
from teams.models import Connection, Team
from tests import runs
from tests.plugins.providers.scripted import says, script

pytestmark = [pytest.mark.django_db, pytest.mark.store]
GUESS = Spent(provider="scripted", model="one", tokens_in=100, tokens_out=900, cost=5000, is_estimate=True)
REAL = Spent(provider="scripted", model="one", tokens_in=90, tokens_out=10, cost=700)


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    script.asked.clear()
    yield
    script.answer = None


@pytest.fixture
def team() -> Team:
    team = runs.a_team()
    Connection.objects.create(team=team, name="scripted", provider="scripted")
    Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit="tokens", most=100_000)
    return team


def asking(team: Team) -> int:
    """A run of one prompt that may write 4096 tokens; nothing is tried again."""
    node = {"type": "prompt", "config": {"model": "scripted/one", "prompt": "hello"}, "retry": {"tries": 1}}
    return runs.start(runs.a_version({"nodes": {"a": node}, "edges": []}, team=team))


def failing(error: Exception) -> Callable[[ModelRequest], ModelAnswer]:
    def answer(_: ModelRequest) -> ModelAnswer:
        raise error

    return answer


def budget(team: Team) -> Budget:
    return Budget.unscoped.get(team=team, unit="tokens")


def booked(run: int) -> list[tuple[str, bool]]:
    return list(LedgerEntry.unscoped.filter(run=run).order_by("id").values_list("outcome", "is_estimate"))


def costs_agree(run: int) -> bool:
    total = LedgerEntry.unscoped.filter(run=run).aggregate(total=Sum("cost"))["total"] or 0
    return total == Run.unscoped.get(pk=run).cost


MAYBE_BILLED = (
    CallTimeout(),
    TruncatedStream(),
    UnreadableAnswer(),
    AnswerTooLarge(),
    TransientCallError("The connection was lost."),
)
REFUSED = (
    CallError("400"),
    WrongCredentials(),
    TransientCallError("429", retry_after=1.0),
    TransientCallError("500", is_refusal=True),
)


@pytest.mark.parametrize("error", MAYBE_BILLED, ids=lambda error: type(error).__name__)
def test_a_failed_call_that_may_be_billed_is_booked_with_its_estimate(team: Team, error: Exception) -> None:
    script.answer = failing(error)
    run = asking(team)
    runs.work(run)
    (entry,) = LedgerEntry.unscoped.filter(run=run)
    assert (entry.outcome, entry.is_estimate, entry.tokens_out) == ("possibly_billed", True, 4096)
    assert entry.tokens_in > 0
    assert (budget(team).reserved, budget(team).spent) == (0, entry.tokens_in + 4096)
    assert Call.unscoped.get(run=run).status == "failed"
    assert costs_agree(run)


@pytest.mark.parametrize("error", REFUSED, ids=str)
def test_a_refusal_by_status_costs_nothing_and_reserves_nothing(team: Team, error: Exception) -> None:
    script.answer = failing(error)
    run = asking(team)
    runs.work(run)
    assert (booked(run), budget(team).reserved, budget(team).spent) == ([], 0, 0)
    assert Call.unscoped.get(run=run).status == "failed"
    assert Run.unscoped.get(pk=run).cost == 0


def test_without_a_budget_a_lost_call_has_its_estimate_all_the_same(team: Team) -> None:
    Budget.unscoped.all().delete()
    script.answer = failing(CallTimeout())
    run = asking(team)
    runs.work(run)
    assert booked(run) == [("possibly_billed", True)]
    assert LedgerEntry.unscoped.get(run=run).tokens_out == 4096


def test_an_answer_without_usage_is_done_and_booked_by_our_estimate(team: Team) -> None:
    script.answer = lambda _: replace(says("word " * 70), usage=None)
    run = asking(team)
    runs.work(run)
    (entry,) = LedgerEntry.unscoped.filter(run=run)
    assert (runs.status(run), entry.outcome, entry.is_estimate) == ("succeeded", "done", True)
    assert 100 <= entry.tokens_out <= 130
    assert (budget(team).reserved, budget(team).spent) == (0, entry.tokens_in + entry.tokens_out)


def test_a_vendors_own_count_is_no_estimate(team: Team) -> None:
    script.answer = lambda _: says("x")
    run = asking(team)
    runs.work(run)
    assert (booked(run), budget(team).spent, budget(team).reserved) == ([("done", False)], 15, 0)


@pytest.fixture
def begun(team: Team) -> tuple[At, Holds]:
    """A call that has begun, with money, tokens and a call reserved; its worker is gone."""
    for unit, most in (("money", 10_000), ("calls", 10)):
        Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit=unit, most=most)
    run = asking(team)
    work.go_on(run=run, worker=7, queue="default")
    at = At(run=run, path="a", round=1, attempt=1)
    (held,) = calls.begin(at=at, intents=[intent(team)])
    return at, held


def intent(team: Team, *, budgets: bool = True) -> Intent:
    rows = tuple(Budget.unscoped.filter(team=team).order_by("id").values_list("id", "unit")) if budgets else ()
    wanted = Wanted(budgets=rows, units={"money": 5000, "tokens": 1000, "calls": 1})
    request = {"provider": "scripted", "model": "one", "messages": [], "guess": calls.guess_as_json(GUESS)}
    return Intent(
        key="answer", kind="model", target="scripted/one", digest="d", request=json.dumps(request), wanted=wanted
    )


def spent(team: Team) -> dict[str, int]:
    rows = Budget.unscoped.filter(team=team)
    assert set(rows.values_list("reserved", flat=True)) == {0}
    return dict(rows.values_list("unit", "spent"))


def ended(held: Holds, used: Spent | None = REAL, *, error: str | None = None) -> Outcome:
    said = None if error else '{"model": "one", "parts": [], "stop": "end", "usage": null}'
    return Outcome(key="answer", kind="model", target="one", outcome=said, error=error, spent=used, holds=held)


def lose(at: At) -> None:
    upkeep.take_back(steps=[(at.run, at.path, at.attempt)])
    execute("UPDATE call SET started_at = 1 WHERE run_id = %s", [at.run])
    assert calls.return_orphans() == 1


def test_a_call_that_nobody_ends_counts_in_the_run_and_in_every_budget(team: Team, begun: tuple[At, Holds]) -> None:
    at, _ = begun
    lose(at)
    entry = LedgerEntry.unscoped.get(run=at.run)
    assert (entry.outcome, entry.tokens_in, entry.tokens_out, entry.cost) == ("possibly_billed", 100, 900, 5000)
    assert Run.unscoped.get(pk=at.run).cost == 5000
    assert spent(team) == {"tokens": 1000, "money": 5000, "calls": 1}


def test_a_late_answer_replaces_the_guess_everywhere(team: Team, begun: tuple[At, Holds]) -> None:
    at, held = begun
    lose(at)
    assert not calls.end(at=at, outcome=ended(held))
    assert booked(at.run) == [("wasted", False)]
    assert Run.unscoped.get(pk=at.run).cost == 700
    assert spent(team) == {"tokens": 100, "money": 700, "calls": 1}


def test_a_late_refusal_takes_the_guess_away(team: Team, begun: tuple[At, Holds]) -> None:
    at, held = begun
    lose(at)
    assert not calls.end(at=at, outcome=ended(held, None, error='{"code": "call_failed"}'))
    assert booked(at.run) == []
    assert Run.unscoped.get(pk=at.run).cost == 0
    assert spent(team) == {"tokens": 0, "money": 0, "calls": 1}


def test_a_late_end_that_knows_nothing_leaves_the_guess(team: Team, begun: tuple[At, Holds]) -> None:
    at, held = begun
    lose(at)
    assert not calls.end(at=at, outcome=replace(ended(held, GUESS, error="{}"), is_unsure=True))
    assert booked(at.run) == [("possibly_billed", True)]
    assert spent(team) == {"tokens": 1000, "money": 5000, "calls": 1}


def test_a_call_that_is_made_again_books_what_the_lost_one_may_have_cost(team: Team, begun: tuple[At, Holds]) -> None:
    at, _ = begun
    upkeep.take_back(steps=[(at.run, "a", 1)])
    work.go_on(run=at.run, worker=8, queue="default")
    again = replace(at, attempt=2)
    (held,) = calls.begin(at=again, intents=[intent(team)], lost=["answer"])
    assert calls.end(at=again, outcome=ended(held))
    assert booked(at.run) == [("possibly_billed", True), ("done", False)]
    assert Run.unscoped.get(pk=at.run).cost == 5700
    assert costs_agree(at.run)
    assert spent(team) == {"tokens": 1100, "money": 5700, "calls": 2}


def test_the_second_try_of_an_end_whose_answer_was_lost_changes_nothing(team: Team, begun: tuple[At, Holds]) -> None:
    at, held = begun
    assert calls.end(at=at, outcome=ended(held))
    before = Run.unscoped.get(pk=at.run).seq
    assert calls.end(at=at, outcome=ended(held))
    assert booked(at.run) == [("done", False)]
    assert (Run.unscoped.get(pk=at.run).seq, Run.unscoped.get(pk=at.run).cost) == (before, 700)
    assert spent(team) == {"tokens": 100, "money": 700, "calls": 1}


def test_the_second_try_of_a_late_end_changes_nothing_either(team: Team, begun: tuple[At, Holds]) -> None:
    at, held = begun
    Step.unscoped.filter(run=at.run, path="a").update(status="cancelled", worker=None)
    assert [calls.end(at=at, outcome=ended(held)) for _ in range(2)] == [False, False]
    assert booked(at.run) == [("wasted", False)]
    assert spent(team) == {"tokens": 100, "money": 700, "calls": 1}


def test_a_call_that_is_under_way_is_not_begun_over_it(team: Team, begun: tuple[At, Holds]) -> None:
    """Whoever does not know of it would lose what it has reserved."""
    at, held = begun
    with pytest.raises(calls.Fenced):
        calls.begin(at=at, intents=[intent(team)])
    assert calls.end(at=at, outcome=ended(held))
    assert spent(team) == {"tokens": 100, "money": 700, "calls": 1}


def test_a_worker_that_dies_in_a_call_leaves_it_possibly_billed_and_the_next_one_makes_it_again(team: Team) -> None:
    run = asking(team)
    work.go_on(run=run, worker=7, queue="default")
    calls.begin(at=At(run=run, path="a", round=1, attempt=1), intents=[intent(team)])
    upkeep.take_back(steps=[(run, "a", 1)])
    script.answer = lambda _: says("answer")
    runs.work(run)
    assert (runs.status(run), booked(run)) == ("succeeded", [("possibly_billed", True), ("done", False)])
    assert (budget(team).reserved, budget(team).spent) == (0, 1015)
    assert costs_agree(run)


def test_a_paid_answer_that_is_too_large_to_keep_is_booked_as_it_was(team: Team, settings: object) -> None:
    settings.BATON_PAYLOAD_LIMIT = 2000  # type: ignore[attr-defined]
    script.answer = lambda _: says("x" * 3000)
    run = asking(team)
    runs.work(run)
    assert booked(run) == [("failed", False)]
    assert (budget(team).reserved, budget(team).spent) == (0, 15)
