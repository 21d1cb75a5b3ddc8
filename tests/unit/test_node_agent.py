"""An agent: turns and tools, people in between, and never a call twice."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from orchestrator.contract.codec import message_to_json
from orchestrator.contract.context import Feedback
from orchestrator.contract.errors import NodeError, Suspended, TransientCallError
from orchestrator.contract.messages import Message, ModelRequest, Opaque, Role, Stop, Text, ToolResult, ToolUse
from orchestrator.contract.questions import Decision
from orchestrator.nodes.agent import NODE, TooManyTurns
from orchestrator.structured import ModelRefused
from tests.fakes.context import FakeContext, calls, says
from tests.fakes.tool_context import Outside

CUSTOMERS = [{"customer": "C-1", "name": "Ada"}, {"customer": "C-2", "name": "Bo"}]
OUTSIDE = Outside(tables={"customers": CUSTOMERS})
CONFIG = {
    "goal": "Help {{ inputs.who }}.",
    "instructions": "Be brief.",
    "inputs": {"message": "{{ inputs.message }}"},
    "tools": ["lookup_record"],
}
VALUES = {"inputs": {"who": "Ada", "message": "Where is my order?"}}


def look(identity: str, customer: str) -> ToolUse:
    return calls(identity, "lookup_record", table="customers", where={"customer": customer})


def agent(*script: object, **more: object) -> FakeContext:
    return FakeContext(values=VALUES, outside=OUTSIDE, script=list(script), **more)  # type: ignore[arg-type]


def results(request: ModelRequest) -> list[ToolResult]:
    return [part for part in request.messages[-1].parts if isinstance(part, ToolResult)]


def test_it_answers_at_once_where_it_needs_no_tool():
    context = agent(says("Tomorrow."))
    assert context.run(NODE, CONFIG).output == {"text": "Tomorrow.", "turns": 1, "tool_calls": 0}
    _, request = context.requests[0]
    assert "Goal: Help Ada." in request.system
    assert "Be brief." in request.system
    assert request.messages[0].parts == (Text(text="## message\n\nWhere is my order?"),)
    assert [tool.name for tool in request.tools] == ["lookup_record"]


def test_tools_of_one_turn_are_called_side_by_side_and_their_results_go_back():
    context = agent(says("Let me see.", look("a", "C-1"), look("b", "C-9")), says("Ada it is."))
    assert context.run(NODE, CONFIG).output == {"text": "Ada it is.", "turns": 2, "tool_calls": 2}
    assert set(context.journal) == {"turn:1", "turn:1/tool:a", "turn:1/tool:b", "turn:2"}
    found = results(context.requests[1][1])
    assert [(result.id, result.is_error) for result in found] == [("a", False), ("b", False)]
    assert json.loads(found[0].content) == {"rows": [CUSTOMERS[0]], "count": 1}


def test_a_crash_between_two_turns_repeats_neither_call_nor_tool():
    context = agent(says("", look("a", "C-1")), TransientCallError("busy"), says("Done."))
    with pytest.raises(TransientCallError):
        context.run(NODE, CONFIG)
    reworded = CONFIG | {"instructions": "Take your time."}
    assert context.run(NODE, reworded).output["text"] == "Done."
    assert [key for key, _ in context.requests] == ["turn:1", "turn:2", "turn:2"]
    assert len(context.performed) == 1


def test_a_call_that_asks_waits_and_its_sibling_runs_at_once():
    context = agent(says("I look both up.", look("a", "C-1"), look("b", "C-2")), says("Both."))
    rule = {"policy": "ask", "when": {"field": "where.customer", "is": "equal", "value": "C-2"}, "queue": "support"}
    config = CONFIG | {"policies": {"lookup_record": rule}}
    with pytest.raises(Suspended) as caught:
        context.run(NODE, config)
    assert caught.value.keys == {"turn:1/tool:b"}
    assert [arguments["where"]["customer"] for _, arguments in context.performed] == ["C-1"]
    question = context.asked["turn:1/tool:b"]
    assert (question.queue, question.context) == ("support", "I look both up.")
    assert question.subject["arguments"]["where"] == {"customer": "C-2"}

    context.decisions["turn:1/tool:b"] = Decision(verdict="approved")
    assert context.run(NODE, config).output["text"] == "Both."
    assert [arguments["where"]["customer"] for _, arguments in context.performed] == ["C-1", "C-2"]
    assert [key for key, _ in context.requests] == ["turn:1", "turn:2"]


def test_edited_arguments_are_what_runs_and_what_the_history_shows():
    context = agent(says("", look("a", "C-1")), says("Bo."))
    edited = {"table": "customers", "where": {"customer": "C-2"}, "limit": 1}
    context.decisions["turn:1/tool:a"] = Decision(verdict="edited", value=edited)
    context.run(NODE, CONFIG | {"policies": {"lookup_record": "ask"}})
    assert context.performed == [("lookup_record", edited)]
    request = context.requests[1][1]
    assert request.messages[1].parts == (ToolUse(id="a", name="lookup_record", arguments=edited),)
    assert '"Bo"' in results(request)[0].content


def test_a_rejected_call_never_runs_and_its_comment_goes_back_to_the_model():
    context = agent(says("", look("a", "C-1"), look("b", "C-2")), says("Sorry."))
    context.decisions["turn:1/tool:a"] = Decision(verdict="rejected", comment="Not this customer.")
    context.decisions["turn:1/tool:b"] = Decision(verdict="approved")
    context.run(NODE, CONFIG | {"policies": {"lookup_record": "ask"}})
    first, second = results(context.requests[1][1])
    assert first.is_error
    assert "Not this customer." in first.content
    assert not second.is_error
    assert [arguments["where"]["customer"] for _, arguments in context.performed] == ["C-2"]


def test_wrong_arguments_a_tool_that_is_not_there_and_broken_json_are_told_to_the_model():
    broken = ToolUse(id="c", name="lookup_record", arguments={}, malformed='{"table": ')
    context = agent(
        says("", calls("a", "lookup_record", tabel="x"), calls("b", "web_page", url="x"), broken), says("Oh.")
    )
    context.run(NODE, CONFIG)
    found = results(context.requests[1][1])
    assert all(result.is_error for result in found)
    assert "tabel" in found[0].content
    assert "The tools are: lookup_record" in found[1].content
    assert "must be a JSON object" in found[2].content
    assert context.performed == []


def test_a_tool_that_refuses_is_told_to_the_model():
    context = agent(says("", calls("a", "lookup_record", table="orders")), says("No orders."))
    context.run(NODE, CONFIG)
    assert "there are customers" in results(context.requests[1][1])[0].content


def test_what_a_vendor_wants_back_goes_back_as_it_was():
    thinking = Opaque(provider="anthropic", value={"type": "thinking", "signature": "s"})
    first = says("", look("a", "C-1"))
    context = agent(replace(first, parts=(thinking, *first.parts)), says("Done."))
    context.run(NODE, CONFIG)
    assert context.requests[1][1].messages[1].parts[0] == thinking


def test_calls_beyond_the_limit_are_refused_and_it_may_still_answer():
    context = agent(says("", look("a", "C-1"), look("b", "C-2")), says("", look("c", "C-1")), says("Ada."))
    output = context.run(NODE, CONFIG | {"max_calls": 1}).output
    assert output == {"text": "Ada.", "turns": 3, "tool_calls": 1}
    assert [result.is_error for result in results(context.requests[1][1])] == [False, True]
    assert "No calls are left" in results(context.requests[2][1])[0].content


def test_before_its_last_turn_it_is_told_and_then_it_fails():
    context = agent(says("", look("a", "C-1")), says("", look("b", "C-1")))
    with pytest.raises(TooManyTurns, match="Raise its turns"):
        context.run(NODE, CONFIG | {"max_turns": 2})
    last = context.requests[1][1].messages[-1].parts[-1]
    assert isinstance(last, Text)
    assert "last turn" in last.text


def test_data_is_settled_under_the_last_turn():
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    context = agent(says("", look("a", "C-1")), says("Ada"), says('{"name": "Ada"}'))
    output = context.run(NODE, CONFIG | {"output_schema": schema}).output
    assert (output["data"], output["turns"], output["tool_calls"]) == ({"name": "Ada"}, 2, 1)
    assert [key for key, _ in context.requests] == ["turn:1", "turn:2", "turn:2/repair:1"]
    assert len(context.requests[2][1].messages) == 5


def test_a_question_to_a_person_suspends_and_the_answer_reaches_the_model():
    config = CONFIG | {"tools": ["lookup_record", "ask_person"]}
    context = agent(says("", calls("q", "ask_person", question="Which day?"), look("a", "C-1")), says("Monday."))
    with pytest.raises(Suspended):
        context.run(NODE, config)
    assert [name for name, _ in context.performed] == ["lookup_record"]
    context.decisions["turn:1/tool:q/ask"] = Decision(verdict="answered", value={"answer": "Monday"})
    assert context.run(NODE, config).output["text"] == "Monday."
    assert '"answer": "Monday"' in results(context.requests[1][1])[0].content


def test_changes_are_asked_for_within_the_last_conversation():
    said = Message(role=Role.ASSISTANT, parts=(look("a", "C-1"),))
    heard = Message(role=Role.USER, parts=(ToolResult(id="a", name="lookup_record", content="{}"),))
    first = Message(role=Role.USER, parts=(Text(text="## message"),))
    transcript = [message_to_json(message) for message in (first, said, heard)]
    feedback = Feedback(output={"text": "Dear Ada", "turns": 2}, comment="Shorter.", transcript=transcript)
    context = agent(says("Ada"), feedback=feedback)
    context.run(NODE, CONFIG)
    messages = context.requests[0][1].messages
    assert messages[:3] == (first, said, heard)
    assert messages[3].parts == (Text(text="Dear Ada"),)
    assert "Shorter." in str(messages[4])


def test_a_refusal_ends_it():
    with pytest.raises(ModelRefused):
        agent(says("no", stop=Stop.REFUSAL)).run(NODE, CONFIG)


def test_an_unknown_tool_ends_it_before_any_call():
    context = agent()
    with pytest.raises(NodeError, match="no_such_tool"):
        context.run(NODE, CONFIG | {"tools": ["no_such_tool"]})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"tools": ["web_page", "web_page"]}, "named twice"),
        ({"policies": {"web_page": "ask"}}, "none of its tools"),
        ({"policies": {"lookup_record": "maybe"}}, "policy"),
        ({"policies": {"lookup_record": {"policy": "ask", "when": {"field": "a", "is": "like"}}}}, "is no comparison"),
        ({"max_turns": 201}, "max_turns"),
        ({"goal": ""}, "goal"),
        ({"memory": "team"}, "memory"),
    ],
)
def test_a_wrong_setting_is_named(more, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate(CONFIG | more)
