"""What holds calls back: tokens of a minute, a connection that fails, a full run, a lease that is too old. No test sleeps:
times are moved in the rows."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestrator.contract.errors import CallError, TransientCallError
from orchestrator.contract.messages import ModelAnswer, ModelRequest, ToolUse
from orchestrator.engine.breaker import FIRST_PAUSE, MOST_FAILURES, BreakerState
from orchestrator.models import Breaker, Call, LedgerEntry, Limit, Question, Run
from orchestrator.operations import allowances, breakers, upkeep
from orchestrator.queries.run_steps import step_of
from orchestrator.worker import journal
from orchestrator.worker.clock import steady
from orchestrator.worker.identity import FRESH, identity
from orchestrator.worker.model_calls import forget_routes
from teams.models import Connection, Team
from tests import runs
from tests.plugins.providers.scripted import calls, says, script
from tests.plugins.tools import peek, remember

pytestmark = [pytest.mark.django_db, pytest.mark.store]


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    for kept in (script.asked, remember.remembered, peek.peeked):
        kept.clear()
    yield
    script.answer = None


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(team=runs.a_team(), name="scripted", provider="scripted")


def asking(team: Team, *, prompts: int = 1, **settings: Any) -> int:
    node = {"type": "prompt", "config": {"model": "scripted/one", "prompt": "hello"}, **settings}
    nodes = {f"n{number}": node for number in range(prompts)}
    return runs.start(runs.a_version({"nodes": nodes, "edges": []}, team=team))


def agent(team: Team, *tools: str) -> int:
    config = {"model": "scripted/one", "goal": "go", "tools": list(tools), "policies": dict.fromkeys(tools, "allow")}
    return runs.start(runs.a_version({"nodes": {"n0": {"type": "agent", "config": config}}, "edges": []}, team=team))


def always(error: Exception) -> Callable[[ModelRequest], ModelAnswer]:
    def answer(_: ModelRequest) -> ModelAnswer:
        raise error

    return answer


def word(run: int, path: str = "n0") -> str:
    """What people read at the step."""
    return step_of(Run.unscoped.get(pk=run), path=path).row.word.text


def waits_for(run: int) -> list[tuple[str, str | None]]:
    return [(question.kind, question.event) for question in runs.open_questions(run)]


def error_of(run: int, path: str = "n0") -> str:
    return str(json.loads(runs.step(run, path).error or "{}").get("code"))


# Tokens of a minute


def allow_tokens(connection: Connection, number: int | None) -> Limit:
    connection.tokens_per_minute = number
    connection.save()
    allowances.follow_connection(connection)
    forget_routes()
    return Limit.unscoped.get(subject=f"connection:{connection.pk}")


def test_a_connections_tokens_per_minute_hold_its_calls_back_and_people_read_why(connection: Connection) -> None:
    limit = allow_tokens(connection, 6000)
    script.answer = lambda _: says("x")
    first = asking(connection.team)
    runs.work(first)
    assert runs.status(first) == "succeeded"
    Limit.unscoped.filter(pk=limit.pk).update(tokens_left=0.0, filled_at=upkeep.clock())
    second = asking(connection.team)
    runs.work(second)
    question = Question.unscoped.get(run=second, status="open")
    assert (runs.step(second, "n0").reason, question.event) == ("limit", f"tokens:{limit.pk}")
    assert word(second).startswith("Waiting for the minute's tokens, until ")
    assert 35 < (question.due_at or 0) - upkeep.clock() < 50, "4,100 tokens of 6,000 a minute"
    assert (len(script.asked), Limit.unscoped.get(pk=limit.pk).used) == (1, 0)
    Limit.unscoped.filter(pk=limit.pk).update(filled_at=upkeep.clock() - 60)
    Question.unscoped.filter(pk=question.pk).update(due_at=1.0)
    upkeep.elapse_due()
    runs.work(second)
    assert runs.status(second) == "succeeded"


def test_what_a_call_did_not_use_goes_back_to_its_minute_and_wakes_who_waits(connection: Connection) -> None:
    limit = allow_tokens(connection, 6000)
    script.answer = lambda _: says("x")
    waiting = asking(connection.team)
    Limit.unscoped.filter(pk=limit.pk).update(tokens_left=0.0, filled_at=upkeep.clock())
    runs.work(waiting)
    assert runs.status(waiting) == "waiting"
    Limit.unscoped.filter(pk=limit.pk).update(tokens_left=6000.0, filled_at=upkeep.clock())
    runs.work(asking(connection.team))
    assert Limit.unscoped.get(pk=limit.pk).tokens_left > 5900, "15 of 4,100 were used"
    runs.work(waiting)
    assert runs.status(waiting) == "succeeded"


def test_a_call_that_is_larger_than_a_minute_goes_when_the_minute_is_full(connection: Connection) -> None:
    limit = allow_tokens(connection, 1000)
    script.answer = lambda _: says("x")
    run = asking(connection.team)
    runs.work(run)
    assert (runs.status(run), Limit.unscoped.get(pk=limit.pk).used) == ("succeeded", 0)


def test_a_clock_that_was_set_back_holds_no_call(connection: Connection) -> None:
    limit = allow_tokens(connection, 6000)
    script.answer = lambda _: says("x")
    run = asking(connection.team)
    Limit.unscoped.filter(pk=limit.pk).update(tokens_left=0.0, filled_at=upkeep.clock() + 3600)
    runs.work(run)
    assert runs.status(run) == "succeeded"
    assert 0 <= upkeep.clock() - Limit.unscoped.get(pk=limit.pk).filled_at < 60


def test_without_tokens_per_minute_nothing_is_counted(connection: Connection) -> None:
    connection.max_concurrency = 2
    limit = allow_tokens(connection, None)
    script.answer = lambda _: says("x")
    run = asking(connection.team, prompts=3)
    runs.work(run)
    limit.refresh_from_db()
    assert (runs.status(run), limit.used, limit.tokens_left) == ("succeeded", 0, 0)


# The circuit breaker


def fail_often(connection: Connection, times: int = MOST_FAILURES) -> None:
    script.answer = always(TransientCallError("overloaded", is_refusal=True))
    for _ in range(times):
        runs.work(asking(connection.team, retry={"tries": 1}))
    assert len(script.asked) == times
    forget_routes()


def pause_is_over(connection: Connection) -> None:
    Breaker.unscoped.filter(connection=connection).update(due_at=1.0)
    Question.unscoped.filter(event=breakers.event_of(connection.pk)).update(due_at=1.0)
    forget_routes()


def state(connection: Connection) -> str:
    return Breaker.unscoped.get(connection=connection).state


def test_after_failures_in_a_row_calls_wait_instead_of_being_made(connection: Connection) -> None:
    fail_often(connection)
    assert state(connection) == BreakerState.OPEN
    run = asking(connection.team)
    runs.work(run)
    assert waits_for(run) == [("limit", f"breaker:{connection.pk}")]
    assert word(run).startswith("Waiting for the model's connection to work again, until ")
    assert (len(script.asked), runs.step(run, "n0").tries) == (MOST_FAILURES, 0)
    due = Question.unscoped.get(run=run, status="open").due_at or 0
    assert 0 < due - upkeep.clock() <= FIRST_PAUSE


def test_when_the_pause_is_over_one_call_tries_and_wakes_the_others(connection: Connection) -> None:
    fail_often(connection)
    waiting = [asking(connection.team) for _ in range(3)]
    for run in waiting:
        runs.work(run)
    pause_is_over(connection)
    script.answer = lambda _: says("there")
    assert upkeep.elapse_due() == 3
    runs.work(waiting[0])
    assert (runs.status(waiting[0]), state(connection)) == ("succeeded", BreakerState.CLOSED)
    for run in waiting[1:]:
        runs.work(run)
        assert runs.status(run) == "succeeded"


def test_while_one_tries_the_others_wait_for_how_it_ends(connection: Connection) -> None:
    fail_often(connection)
    pause_is_over(connection)
    breakers.ask(connection=connection.pk)
    assert state(connection) == BreakerState.HALF_OPEN
    run = asking(connection.team)
    runs.work(run)
    assert waits_for(run) == [("limit", f"breaker:{connection.pk}")]
    breakers.tell(connection=connection.pk, signal=breakers.Signal.SUCCEEDED)
    forget_routes()
    script.answer = lambda _: says("there")
    runs.work(run)
    assert runs.status(run) == "succeeded"


def test_a_try_that_fails_lets_the_connection_rest_for_longer(connection: Connection) -> None:
    fail_often(connection)
    pause_is_over(connection)
    runs.work(asking(connection.team, retry={"tries": 1}))
    found = Breaker.unscoped.get(connection=connection)
    assert (found.state, len(script.asked)) == (BreakerState.OPEN, MOST_FAILURES + 1)
    assert FIRST_PAUSE < found.due_at - upkeep.clock() <= 2 * FIRST_PAUSE


def test_a_success_between_them_begins_the_count_anew(connection: Connection) -> None:
    fail_often(connection, MOST_FAILURES - 1)
    script.answer = lambda _: says("x")
    runs.work(asking(connection.team))
    assert Breaker.unscoped.get(connection=connection).failures == 0


def test_errors_that_last_do_not_open_it(connection: Connection) -> None:
    script.answer = always(CallError("no such model"))
    for _ in range(MOST_FAILURES):
        runs.work(asking(connection.team))
    assert not Breaker.unscoped.exists()


def test_a_connection_that_works_writes_no_breaker(connection: Connection) -> None:
    script.answer = lambda _: says("x")
    runs.work(asking(connection.team))
    assert not Breaker.unscoped.exists()


# What a run may store


def test_a_run_counts_what_it_stores(connection: Connection) -> None:
    script.answer = lambda _: says("x" * 40_000)
    run = asking(connection.team)
    runs.work(run)
    call = Call.unscoped.get(run=run)
    payloads = sum(len(body) for body in Run.unscoped.get(pk=run).payload_set.values_list("body", flat=True))
    assert Run.unscoped.get(pk=run).stored == payloads + len(call.request) + len(call.outcome or "")


def test_an_answer_that_the_run_cannot_hold_is_paid_and_fails_the_step(connection: Connection, settings: Any) -> None:
    settings.BATON_RUN_LIMIT = 50_000
    script.answer = lambda _: says("x" * 60_000)
    run = asking(connection.team)
    runs.work(run)
    assert (runs.status(run), error_of(run)) == ("failed", "run_too_large")
    message = json.loads(runs.step(run, "n0").error or "{}")["message"]
    assert "50,000" in message
    assert "BATON_RUN_LIMIT" in message
    assert (Call.unscoped.get(run=run).status, LedgerEntry.unscoped.get(run=run).tokens_out) == ("failed", 5)


def test_a_tool_whose_result_the_run_cannot_hold_was_called_and_is_not_called_again(
    connection: Connection, settings: Any
) -> None:
    big = "y" * 70_000

    def answer(request: ModelRequest) -> ModelAnswer:
        spoken = sum(message.role == "assistant" for message in request.messages)
        return calls(ToolUse(id="1", name="remember", arguments={"word": big})) if not spoken else says("done")

    script.answer = answer
    settings.BATON_RUN_LIMIT = 200_000
    run = agent(connection.team, "remember")
    runs.work(run)
    call = Call.unscoped.get(run=run, kind="tool")
    assert (call.status, remember.remembered) == ("done", [big])
    assert "cannot be kept" in (call.outcome or "")
    assert error_of(run) == "run_too_large"


def test_an_output_that_the_run_cannot_hold_fails_its_step(settings: Any) -> None:
    settings.BATON_RUN_LIMIT = 100_000
    nodes = {"n0": {"type": "transform", "config": {"template": ["{{ inputs.text }}", "{{ inputs.text }}"]}}}
    run = runs.played({"nodes": nodes, "edges": []}, {"text": "z" * 60_000})
    assert (runs.status(run), error_of(run)) == ("failed", "run_too_large")


def test_a_raised_limit_and_a_retry_let_it_go_on(connection: Connection, settings: Any) -> None:
    settings.BATON_RUN_LIMIT = 10
    script.answer = lambda _: says("x")
    run = asking(connection.team)
    runs.work(run)
    assert (error_of(run), script.asked) == ("run_too_large", [])
    settings.BATON_RUN_LIMIT = 1_000_000
    runs.runs.retry(run=run, path="n0", by="someone")
    runs.work(run)
    assert runs.status(run) == "succeeded"


# The lease


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The lease of this process runs out in the middle of a step; a call does not wait for the renewal here."""
    monkeypatch.setattr(journal, "LEASE_PATIENCE", 0.0)

    def run_out() -> None:
        identity.renewed_at = steady() - FRESH - 1

    yield run_out
    identity.renewed_at = 0.0


def test_a_process_without_a_fresh_lease_starts_no_call(connection: Connection, stale: Callable[[], None]) -> None:
    def answer(request: ModelRequest) -> ModelAnswer:
        if len(script.asked) == 1:
            stale()
            return calls(ToolUse(id="1", name="peek", arguments={"word": "a"}))
        return says("done")

    script.answer = answer
    run = agent(connection.team, "peek")
    runs.turn.work_on(run=run, queue="default")
    assert (peek.peeked, len(script.asked), runs.step(run, "n0").status) == ([], 1, "running")
    identity.renewed_at = steady()
    upkeep.take_back(steps=[(run, "n0", 1)], crashed=False)
    runs.work(run)
    assert (runs.status(run), peek.peeked, len(script.asked)) == ("succeeded", ["a"], 2)
    assert runs.step(run, "n0").crashes == 0


# The cache


@pytest.mark.parametrize("config", [{"model": "default"}, {}], ids=["named", "left out"])
def test_a_cached_answer_of_the_demo_model_is_not_served_once_there_is_a_connection(config: dict[str, str]) -> None:
    team = runs.a_team()
    node = {"type": "prompt", "config": {"prompt": "Say hello.", **config}, "cache": 600}
    graph = {"nodes": {"n0": node}, "edges": []}
    for _ in range(2):
        run = runs.start(runs.a_version(graph, team=team))
        runs.work(run)
    assert runs.step(run, "n0").reason == "cached"
    Connection.objects.create(team=team, name="scripted", provider="scripted", aliases={"default": "one"})
    forget_routes()
    script.answer = lambda _: says("the real one")
    run = runs.start(runs.a_version(graph, team=team))
    runs.work(run)
    assert (runs.output(run, "n0")["text"], runs.step(run, "n0").reason) == ("the real one", "")
