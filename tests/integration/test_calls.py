"""Calls and the journal: what was recorded is never done again, and nothing that people decide is lost on the way."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.contract.errors import CallError, TransientCallError
from orchestrator.contract.messages import ModelAnswer, ModelRequest, ToolUse
from orchestrator.models import Budget, Call, LedgerEntry, Limit, Payload, Run, Version
from orchestrator.operations import budgets, upkeep, work
from orchestrator.operations import runs as operations
from orchestrator.worker.model_calls import forget_routes
from reviews.models import Review
from teams.models import Connection, Team
from tests import runs
from tests.plugins.providers.scripted import calls, says, script
from tests.plugins.tools import peek, remember
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.store]


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    script.asked.clear()
    remember.remembered.clear()
    peek.peeked.clear()
    yield
    script.answer = None


@pytest.fixture
def team() -> Team:
    team = runs.a_team()
    Connection.objects.create(team=team, name="scripted", provider="scripted")
    return team


def agent(*tools: str, **config: Any) -> dict[str, Any]:
    return {"type": "agent", "config": {"model": "scripted/one", "goal": "go", "tools": list(tools), **config}}


def prompt(text: str = "hello") -> dict[str, Any]:
    return {"type": "prompt", "config": {"model": "scripted/one", "prompt": text}}


def version(team: Team, nodes: dict[str, Any], edges: tuple[list[str], ...] = ()) -> Version:
    return runs.a_version({"nodes": nodes, "edges": list(edges)}, team=team)


def use(name: str, word: str) -> ToolUse:
    return ToolUse(id=f"{name}-{word}", name=name, arguments={"word": word})


def turns(*answers: ModelAnswer) -> None:
    """The model's answers by turn: how often it has spoken is counted in the conversation."""

    def answer(request: ModelRequest) -> ModelAnswer:
        spoken = sum(message.role == "assistant" for message in request.messages)
        return answers[min(spoken, len(answers) - 1)]

    script.answer = answer


def lose_the_worker(run: int) -> None:
    """The process died after its last commit: its steps are taken back."""
    held = [(run, step.path, step.attempt) for step in runs.Step.unscoped.filter(run=run, status="running")]
    upkeep.take_back(steps=held)


def test_a_call_leaves_a_journal_entry_and_a_row_of_money(team: Team) -> None:
    script.answer = lambda _: says("good morning")
    run = runs.start(version(team, {"a": prompt()}))
    runs.work(run)
    call, entry = Call.unscoped.get(run=run), LedgerEntry.unscoped.get(run=run)
    assert runs.output(run, "a")["text"] == "good morning"
    assert (call.status, call.kind, call.key) == ("done", "model", "answer")
    assert (entry.tokens_in, entry.tokens_out, entry.outcome) == (10, 5, "done")


def test_an_answered_sibling_runs_now_and_neither_tool_runs_twice(team: Team) -> None:
    """Test 1: an answer to gated call A while B runs, then a crash, then the answer to B."""
    turns(calls(use("remember", "a"), use("remember", "b"), use("peek", "c")), says("done"))
    run = runs.start(version(team, {"a": agent("remember", "peek")}))
    runs.work(run)
    assert peek.peeked == ["c"]
    first, second = runs.open_questions(run)
    runs.answer(first, "approved")
    runs.work(run)
    assert remember.remembered == ["a"]
    assert not work.go_on(run=run, worker=1, queue="default").steps
    runs.answer(second, "approved")
    work.go_on(run=run, worker=7, queue="default")
    lose_the_worker(run)
    runs.work(run)
    assert (remember.remembered, peek.peeked) == (["a", "b"], ["c"])
    assert runs.status(run) == "succeeded"


def test_a_rejected_call_never_runs_and_its_reason_goes_to_the_model(team: Team) -> None:
    turns(calls(use("remember", "a"), use("remember", "b")), says("done"))
    run = runs.start(version(team, {"a": agent("remember")}))
    runs.work(run)
    first, second = runs.open_questions(run)
    runs.answer(first, "rejected", comment="not this one")
    runs.answer(second, "approved")
    runs.work(run)
    assert remember.remembered == ["b"]
    assert "not this one" in str(script.asked[-1].messages[-1])


def test_edited_arguments_are_what_runs_and_what_the_model_reads(team: Team) -> None:
    turns(calls(use("remember", "a")), says("done"))
    run = runs.start(version(team, {"a": agent("remember")}))
    runs.work(run)
    runs.answer(runs.open_questions(run)[0], "edited", {"word": "better"})
    runs.work(run)
    assert remember.remembered == ["better"]
    assert "better" in str(script.asked[-1].messages[-2])


def test_a_reworded_prompt_does_not_repeat_a_recorded_call(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Test 2: the node type's own wording changes between pause and resume, as a release may do."""
    turns(calls(use("remember", "a")), says("done"))
    run = runs.start(version(team, {"a": agent("remember")}))
    runs.work(run)
    monkeypatch.setattr("orchestrator.nodes.agent.RULES", "Quite other rules.")
    runs.answer(runs.open_questions(run)[0], "approved")
    runs.work(run)
    assert runs.status(run) == "succeeded"
    assert len(script.asked) == 2
    assert Call.unscoped.get(run=run, key="turn:1").drifted


def test_a_journal_entry_of_another_kind_asks_people(team: Team) -> None:
    turns(calls(use("remember", "a")), says("done"))
    run = runs.start(version(team, {"a": agent("remember")}))
    runs.work(run)
    Call.unscoped.filter(run=run, key="turn:1").update(kind="tool", target="peek")
    runs.answer(runs.open_questions(run)[0], "approved")
    runs.work(run)
    assert [question.kind for question in runs.open_questions(run)] == ["incident"]
    assert runs.step(run, "a").reason == "incident"


def test_a_started_call_of_a_tool_that_must_not_be_repeated_asks_people(team: Team) -> None:
    turns(calls(use("remember", "a")), says("done"))
    run = runs.start(version(team, {"a": agent("remember", policies={"remember": "allow"})}))
    runs.work(run)
    Call.unscoped.filter(run=run, kind="tool").update(status="started")
    operations_step_back(run)
    runs.work(run)
    assert [question.kind for question in runs.open_questions(run)] == ["incident"]
    assert remember.remembered == ["a"]


def operations_step_back(run: int) -> None:
    """As if the worker had died right after the tool's intent was written."""
    runs.Step.unscoped.filter(run=run, path="a").update(status="running", output=None, ports=None, attempt=9)
    runs.Step.unscoped.filter(run=run, path="end").delete()
    Run.unscoped.filter(pk=run).update(status="running", open=1, running=1, finished_at=None)
    Call.unscoped.filter(run=run, key="turn:2").delete()
    upkeep.take_back(steps=[(run, "a", 9)])
    runs.Step.unscoped.create(
        run_id=run,
        path="end",
        node="end",
        scope="",
        queue="default",
        quick=True,
        status="pending",
        reason="",
        undecided=1,
        live=1,
    )


def test_a_transient_error_is_tried_again_in_the_same_round_by_a_timer(team: Team) -> None:
    answers: list[Any] = [TransientCallError("busy", retry_after=0.0), says("there")]

    def answer(_: ModelRequest) -> Any:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    script.answer = answer
    run = runs.start(version(team, {"a": prompt()}))
    runs.work(run)
    assert (runs.step(run, "a").reason, runs.status(run)) == ("retry", "waiting")
    assert upkeep.elapse_due() == 1
    runs.work(run)
    assert (runs.status(run), runs.step(run, "a").round) == ("succeeded", 1)


def test_a_lasting_error_fails_the_step_with_its_words(team: Team) -> None:
    def answer(_: ModelRequest) -> ModelAnswer:
        raise CallError("no such model there")

    script.answer = answer
    run = runs.start(version(team, {"a": prompt()}))
    runs.work(run)
    error = json.loads(runs.step(run, "a").error or "{}")
    assert (runs.status(run), error["code"], error["message"]) == ("failed", "call_failed", "no such model there")


@pytest.mark.django_db(transaction=True)
def test_a_paid_result_that_comes_while_a_branch_fails_is_used_after_the_retry(team: Team) -> None:
    """Test 6: one branch fails while another has a paid call in flight."""
    run = runs.start(version(team, {"a": prompt("first"), "b": prompt("second")}))
    asked: list[str] = []

    def answer(request: ModelRequest) -> ModelAnswer:
        asked.append("b" if "second" in str(request.messages) else "a")
        if asked[-1] == "a":
            runs.turn.work_on(run=run, queue="default")
            return says("paid")
        if asked.count("b") == 1:
            raise CallError("no such model there")
        return says("mended")

    script.answer = answer
    runs.turn.work_on(run=run, queue="default")
    assert (runs.status(run), asked) == ("failed", ["a", "b"])
    assert runs.output(run, "a")["text"] == "paid"
    operations.retry(run=run, path="b", by="someone")
    runs.work(run)
    assert (runs.status(run), runs.step(run, "b").round, runs.output(run, "b")["text"]) == ("succeeded", 2, "mended")
    assert asked == ["a", "b", "b"], "what was paid for is used"


@pytest.mark.django_db(transaction=True)
def test_a_late_result_leaves_its_ledger_row_and_nothing_else(team: Team) -> None:
    """Test 12: the run was cancelled while the call was in flight."""
    run = runs.start(version(team, {"a": prompt()}))

    def answer(_: ModelRequest) -> ModelAnswer:
        operations.cancel(run=run, by="someone")
        return says("too late")

    script.answer = answer
    runs.turn.work_on(run=run, queue="default")
    assert LedgerEntry.unscoped.get(run=run).outcome == "wasted"
    assert Call.unscoped.get(run=run).outcome is None
    assert runs.step(run, "a").output is None


@pytest.mark.django_db(transaction=True)
def test_a_call_that_was_lost_is_repeated_and_booked_as_possibly_billed_until_its_answer_comes(team: Team) -> None:
    Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit="tokens", most=100_000)
    run = runs.start(version(team, {"a": prompt()}))
    seen: list[list[str]] = []

    def outcomes() -> list[str]:
        return sorted(LedgerEntry.unscoped.filter(run=run).values_list("outcome", flat=True))

    def answer(_: ModelRequest) -> ModelAnswer:
        seen.append(outcomes())
        if len(seen) == 1:
            lose_the_worker(run)
            runs.work(run)
            seen.append(outcomes())
        return says("answer")

    script.answer = answer
    runs.turn.work_on(run=run, queue="default")
    assert seen == [[], ["possibly_billed"], ["done", "possibly_billed"]]
    budget = Budget.unscoped.get(team=team)
    assert (runs.status(run), outcomes(), budget.reserved) == ("succeeded", ["done", "wasted"], 0)
    assert budget.spent == 30, "the late answer's own count takes the place of its guess"


def test_parallel_steps_at_the_budget_open_one_review_and_go_on_when_it_is_raised(team: Team) -> None:
    """Test 10, with as many branches as a small graph has."""
    script.answer = lambda _: says("x")
    Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit="calls", most=3)
    run = runs.start(version(team, {f"n{number}": prompt() for number in range(100)}))
    runs.work(run)
    budget = Budget.unscoped.get(team=team)
    assert (runs.status(run), len(script.asked), budget.asked, budget.spent) == ("waiting", 3, True, 3)
    budgets.decide(budget=budget.pk, verdict="raised", amount=97)
    for found in budgets.decided_but_waited_for():
        budgets.wake_waiting(budget=found)
    runs.work(run)
    assert (runs.status(run), len(script.asked)) == ("succeeded", 100)
    assert Budget.unscoped.get(team=team).reserved == 0


@pytest.mark.django_db(transaction=True)
def test_a_hundred_steps_at_the_budget_at_once_open_one_review(team: Team) -> None:
    """Test 10, with threads that really meet where people are asked."""
    budget = Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit="calls", most=0)
    run = runs.start(version(team, {"a": prompt()}))

    def ask() -> None:
        for _ in range(10):
            budgets.ask_people(budget=budget.pk, run=run, amount=1)

    assert at_once([ask] * 10) == [None] * 10
    assert (Review.unscoped.filter(budget=budget).count(), Budget.unscoped.get(pk=budget.pk).asked) == (1, True)


def test_a_budget_that_goes_on_cheaper_sends_its_calls_there_and_every_record_says_so(team: Team) -> None:
    Connection.objects.of(team).update(aliases={"fast": "small"})
    Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit="calls", most=10, model="fast")
    script.answer = lambda _: says("x")
    run = runs.start(version(team, {"a": prompt()}))
    runs.work(run)
    call, entry = Call.unscoped.get(run=run), LedgerEntry.unscoped.get(run=run)
    assert (runs.status(run), script.asked[0].model) == ("succeeded", "small")
    assert (call.target, json.loads(call.request)["model"]) == ("scripted/one", "small")
    assert (entry.provider, json.loads(call.outcome or "{}")["model"]) == ("scripted", entry.model)
    forget_routes()
    Budget.unscoped.filter(team=team).update(model="")
    runs.work(again := runs.start(version(team, {"a": prompt()})))
    assert json.loads(Call.unscoped.get(run=again).request)["model"] == "one"


def test_a_stopped_budget_fails_what_waits_for_it(team: Team) -> None:
    script.answer = lambda _: says("x")
    budget = Budget.unscoped.create(team=team, subject=f"team:{team.pk}", unit="calls", most=0)
    run = runs.start(version(team, {"a": prompt()}))
    runs.work(run)
    assert runs.step(run, "a").reason == "budget"
    budgets.decide(budget=budget.pk, verdict="stopped")
    budgets.wake_waiting(budget=budget.pk)
    runs.work(run)
    assert (runs.status(run), json.loads(runs.step(run, "a").error or "{}")["code"]) == ("failed", "budget_stopped")


def test_a_slot_is_given_back_and_a_full_connection_does_not_lose_the_step(team: Team) -> None:
    connection = Connection.objects.of(team).get()
    Limit.unscoped.create(team=team, subject=f"connection:{connection.pk}", capacity=1)
    script.answer = lambda _: says("x")
    run = runs.start(version(team, {"a": prompt(), "b": prompt()}))
    runs.work(run)
    assert (runs.status(run), Limit.unscoped.get(team=team).used) == ("succeeded", 0)


def test_an_agent_of_two_hundred_turns_stores_little(team: Team) -> None:
    """Test 11: each message once per run."""
    answers = [calls(use("peek", f"{number} " + "word " * 100)) for number in range(199)]
    turns(*answers, says("done"))
    run = runs.start(version(team, {"a": agent("peek", max_turns=200, max_calls=1000)}))
    runs.work(run)
    assert (runs.status(run), len(script.asked)) == ("succeeded", 200)
    stored = sum(len(row.body) for row in Payload.unscoped.filter(run=run))
    stored += sum(len(row.request) + len(row.outcome or "") for row in Call.unscoped.filter(run=run))
    stored += sum(len(str(told)) for told in runs.facts(run))
    assert stored < 3_000_000, stored


def test_secrets_and_dates_do_not_change_on_replay(team: Team) -> None:
    """A round's `now` is its start, whatever the attempt."""
    turns(calls(use("remember", "a")), says("done"))
    run = runs.start(version(team, {"a": agent("remember")}))
    runs.work(run)
    before = runs.step(run, "a").round_at
    runs.answer(runs.open_questions(run)[0], "approved")
    runs.work(run)
    assert runs.step(run, "a").round_at == before


def test_an_error_after_a_tool_that_must_not_be_repeated_asks_before_a_new_round(team: Team) -> None:
    turns(calls(use("remember", "a")), calls(use("remember", "b")))
    settings = {
        **agent("remember", policies={"remember": "allow"}, max_turns=1),
        "retry": {"tries": 3, "node_errors": True},
    }
    run = runs.start(version(team, {"a": settings}))
    runs.work(run)
    assert remember.remembered == ["a"]
    assert [question.kind for question in runs.open_questions(run)] == ["incident"]
