"""Node types in real runs: waiting for time, events and people, rounds, gates, cached results, errors that are handled."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.contract.messages import ModelRequest, ToolUse
from orchestrator.models import Question, Version
from orchestrator.operations import answers, upkeep
from teams.models import Connection, Team
from tests import runs
from tests.plugins.providers.scripted import calls, says, script
from tests.plugins.tools import peek

pytestmark = [pytest.mark.django_db, pytest.mark.store]


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    script.asked.clear()
    peek.peeked.clear()
    yield
    script.answer = None


@pytest.fixture
def team() -> Team:
    team = runs.a_team()
    Connection.objects.create(team=team, name="scripted", provider="scripted")
    return team


def prompt(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"type": "prompt", "config": {"model": "scripted/one", "prompt": text}, **more}


def version(team: Team, nodes: dict[str, Any], edges: tuple[list[str], ...] = (), **more: Any) -> Version:
    return runs.a_version({"nodes": nodes, "edges": list(edges), **more}, team=team)


def played(team: Team, nodes: dict[str, Any], edges: tuple[list[str], ...] = (), given: Any = None, **more: Any) -> int:
    run = runs.start(version(team, nodes, edges, **more), given)
    runs.work(run)
    return run


def last_user_text(request: ModelRequest) -> str:
    return str(request.messages)


def test_a_wait_ends_when_its_time_has_come(team: Team) -> None:
    run = played(team, {"a": {"type": "wait", "config": {"seconds": 3600}}})
    assert (runs.status(run), runs.step(run, "a").reason) == ("waiting", "timer")
    assert upkeep.elapse_due() == 0
    Question.unscoped.filter(run=run).update(due_at=1.0)
    assert upkeep.elapse_due() == 1
    runs.work(run)
    assert runs.status(run) == "succeeded"


def test_an_event_wakes_the_runs_of_its_team_that_wait_for_it(team: Team) -> None:
    wait = {"type": "wait", "config": {"event": "paid", "correlation": "{{ inputs.order }}"}}
    first, second = played(team, {"a": wait}, given={"order": "1"}), played(team, {"a": wait}, given={"order": "2"})
    assert answers.deliver_event(team=runs.a_team().pk, name="paid", correlation="1", payload={}) == 0
    assert answers.deliver_event(team=team.pk, name="paid", correlation="1", payload={"amount": 5}) == 1
    runs.work(first)
    assert (runs.status(first), runs.status(second)) == ("succeeded", "waiting")
    assert runs.output(first, "a") == {"event": {"amount": 5}}


def test_an_event_that_does_not_come_takes_the_port_expired(team: Team) -> None:
    nodes = {
        "a": {"type": "wait", "config": {"event": "paid", "timeout": 60}},
        "b": {"type": "noop"},
        "c": {"type": "noop"},
    }
    run = played(team, nodes, (["a", "out", "b"], ["a", "expired", "c"]))
    Question.unscoped.filter(run=run).update(due_at=1.0)
    upkeep.elapse_due()
    runs.work(run)
    assert (runs.step(run, "b").status, runs.step(run, "c").status) == ("skipped", "succeeded")


def test_the_products_own_events_cannot_be_sent_from_outside(team: Team) -> None:
    run = played(team, {"a": {"type": "wait", "config": {"event": "budget", "correlation": "1"}}})
    question = Question.unscoped.get(run=run)
    assert not (question.event or "").startswith("budget:")


def test_a_checkpoints_button_is_the_port_that_is_taken(team: Team) -> None:
    config = {"kind": "choose", "title": "Pay back?", "choices": {"refund": "Pay", "keep": "Keep"}}
    nodes = {"ask": {"type": "checkpoint", "config": config}, "a": {"type": "noop"}, "b": {"type": "noop"}}
    run = played(team, nodes, (["ask", "refund", "a"], ["ask", "keep", "b"]))
    runs.answer(runs.open_questions(run)[0], "keep")
    runs.work(run)
    assert (runs.step(run, "a").status, runs.step(run, "b").status) == ("skipped", "succeeded")


def test_requested_changes_give_the_new_round_the_last_output_and_the_comment(team: Team) -> None:
    script.answer = lambda request: says("second" if "shorter" in last_user_text(request) else "first")
    run = played(team, {"a": prompt(gate={"when": "always"})})
    runs.answer(runs.open_questions(run)[0], "changes_requested", comment="shorter please")
    runs.work(run)
    assert "first" in last_user_text(script.asked[-1])
    (question,) = runs.open_questions(run)
    assert (json.loads(question.body)["subject"]["text"], question.round) == ("second", 2)
    runs.answer(question, "approved")
    runs.work(run)
    assert runs.output(run, "a")["text"] == "second"


def test_an_edited_reply_is_what_the_end_has(team: Team) -> None:
    script.answer = lambda _: says("machine")
    run = played(team, {"a": prompt(gate={"when": "always"})}, output={"reply": "{{ a.text }}"})
    runs.answer(runs.open_questions(run)[0], "edited", {"text": "person"})
    runs.work(run)
    assert runs.output(run) == {"reply": "person"}
    assert json.loads(runs.step(run, "a").original or "{}")["text"] == "machine"


@pytest.mark.parametrize(("total", "asks"), [(50, False), (500, True)])
def test_a_gate_asks_where_its_condition_holds(team: Team, total: int, asks: bool) -> None:
    gate = {"when": "condition", "condition": {"field": "total", "is": "above", "value": 100}}
    node = {"type": "transform", "config": {"template": {"total": "{{ inputs.total }}"}}, "gate": gate}
    run = played(team, {"a": node}, given={"total": total})
    assert bool(runs.open_questions(run)) is asks
    assert runs.step(run, "a").reason == ("output" if asks else "unreviewed")


def test_a_gate_that_cannot_be_evaluated_asks(team: Team) -> None:
    gate = {"when": "condition", "condition": {"field": "nothing", "is": "above", "value": 1}}
    run = played(team, {"a": {"type": "noop", "gate": gate}})
    assert len(runs.open_questions(run)) == 1


def test_a_result_may_be_used_again_within_its_seconds(team: Team) -> None:
    script.answer = lambda _: says("once")
    one = version(team, {"a": prompt("about {{ inputs.x }}", cache=600)})
    for given in ({"x": 1}, {"x": 1}, {"x": 2}):
        run = runs.start(one, given)
        runs.work(run)
        assert runs.output(run, "a")["text"] == "once"
    assert len(script.asked) == 2
    assert runs.step(run - 1, "a").reason == "cached"


def test_a_handled_error_can_be_read_behind_its_port(team: Team) -> None:
    wrong = {"type": "transform", "config": {"template": "{{ inputs.x | nonsense }}"}, "on_error": "port"}
    say = {"type": "transform", "config": {"template": "it said: {{ a.error.code }}"}}
    run = played(team, {"a": wrong, "b": say}, (["a", "error", "b"],))
    assert (runs.status(run), runs.output(run, "b")) == ("succeeded", "it said: wrong_template")


def test_agents_work_inside_the_items_of_a_map(team: Team) -> None:
    def answer(request: ModelRequest) -> Any:
        if len(request.messages) == 1:
            word = "ab"["item b" in str(request.messages)]
            return calls(ToolUse(id="x", name="peek", arguments={"word": word}))
        return says(f"done {len(request.messages)}")

    script.answer = answer
    config = {"model": "scripted/one", "goal": "look", "inputs": {"it": "item {{ item }}"}, "tools": ["peek"]}
    body = {"nodes": {"look": {"type": "agent", "config": config}}}
    each = {"type": "map", "config": {"items": "{{ inputs.list }}", "body": body}}
    run = played(team, {"each": each}, given={"list": ["a", "b"]}, output={"all": "{{ each }}"})
    assert sorted(peek.peeked) == ["a", "b"]
    assert [one["text"] for one in runs.output(run)["all"]] == ["done 3", "done 3"]


def test_reviews_inside_a_map_hold_their_item_and_no_other(team: Team) -> None:
    body = {"nodes": {"x": {"type": "noop", "gate": {"when": "always"}}}}
    each = {"type": "map", "config": {"items": "{{ inputs.list }}", "body": body, "cap": 2}}
    run = played(team, {"each": each}, given={"list": [1, 2, 3]})
    questions = [question for question in runs.open_questions(run) if question.kind != "scope"]
    assert [question.path for question in questions] == ["each[0]", "each[1]", "each[2]"]
    for question in questions:
        runs.answer(question, "approved")
    runs.work(run)
    assert runs.status(run) == "succeeded"


@pytest.mark.parametrize(
    ("policy", "status", "left"), [("skip", "succeeded", 1), ("collect", "succeeded", 2), ("fail", "failed", 0)]
)
def test_a_failing_item_is_handled_as_the_map_says(team: Team, policy: str, status: str, left: int) -> None:
    body = {"nodes": {"x": {"type": "wait", "config": {"until": "{{ item }}"}}}}
    each = {"type": "map", "config": {"items": "{{ inputs.list }}", "body": body, "on_item_error": policy}}
    given = {"list": ["2020-01-01T00:00:00Z", "no time"]}
    run = played(team, {"each": each}, given=given, output={"all": "{{ each }}"})
    upkeep.elapse_due()
    runs.work(run)
    assert runs.status(run) == status
    if left:
        assert len(runs.output(run)["all"]) == left


def test_a_bodys_own_output_mapping_makes_the_items_of_the_list(team: Team) -> None:
    body = {
        "nodes": {"x": {"type": "transform", "config": {"template": "{{ item }}!"}}},
        "output": {"name": "{{ x }}", "of": "{{ inputs.title }}", "number": "{{ index }}"},
    }
    each = {"type": "map", "config": {"items": "{{ inputs.list }}", "body": body}}
    after = {"type": "transform", "config": {"template": "{{ each | length }}: {{ each.1.name }}"}}
    given = {"list": ["a", "b"], "title": "T"}
    run = played(team, {"each": each, "after": after}, (["each", "out", "after"],), given, output={"all": "{{ each }}"})
    assert runs.output(run, "after") == "2: b!"
    assert runs.output(run)["all"][0] == {"name": "a!", "of": "T", "number": 0}
