"""A conversation that outgrows the context: what is left out, what stays, and that a replay leaves out the same."""

import pytest

from orchestrator.contract.errors import TransientCallError
from orchestrator.contract.messages import ModelAnswer, ModelRequest, Role, Text, ToolResult, ToolUse
from orchestrator.nodes.agent import NODE
from tests.fakes.context import FakeContext, Script, calls, says
from tests.fakes.tool_context import Outside

ROWS = [{"customer": f"C-{number}", "story": f"story {number} " + "word " * 600} for number in range(1, 7)]
CONFIG = {"goal": "Read all customers.", "tools": ["lookup_record"], "context_tokens": 3000}


def look(number: int) -> ToolUse:
    return calls(f"c{number}", "lookup_record", table="customers", where={"customer": f"C-{number}"})


def reader(turns: int = 5) -> Script:
    """A model that looks up one customer in each turn, then says so; a request without tools is one for a summary."""

    def answer(request: ModelRequest) -> ModelAnswer:
        if not request.tools:
            return says("Customers were read.")
        number = sum(message.role is Role.ASSISTANT for message in request.messages) + 1
        seen = max([number - 1, *(int(part.id[1:]) for part in parts(request) if isinstance(part, ToolUse))])
        return says(f"I read {seen + 1}.", look(seen + 1)) if seen < turns else says("All read.")

    return answer


def parts(request: ModelRequest) -> list[object]:
    return [part for message in request.messages for part in message.parts]


def results(request: ModelRequest) -> list[ToolResult]:
    return [part for part in parts(request) if isinstance(part, ToolResult)]


def agent(**more: object) -> FakeContext:
    return FakeContext(outside=Outside(tables={"customers": ROWS}), script=reader(), **more)  # type: ignore[arg-type]


def last(context: FakeContext) -> ModelRequest:
    return context.requests[-1][1]


def test_a_conversation_that_fits_is_sent_as_it_is():
    context = agent()
    assert context.run(NODE, CONFIG | {"context_tokens": 100_000}).reason == ""
    assert all(len(result.content) > 3000 for result in results(last(context)))
    assert not any("trim" in key for key in context.journal)


def test_the_oldest_results_are_left_out_and_the_newest_stays():
    context = agent()
    found = context.run(NODE, CONFIG)
    assert found.output["text"] == "All read."
    contents = [result.content for result in results(last(context))]
    assert contents[0].startswith("[Left out to save room: ")
    assert "Call it again" in contents[0]
    assert "story 5" in contents[-1]


def test_what_the_model_said_and_called_stays():
    context = agent()
    context.run(NODE, CONFIG)
    said = [part.text for part in parts(last(context)) if isinstance(part, Text)]
    assert [f"I read {number}." in said for number in range(1, 6)] == [True] * 5
    assert [part.id for part in parts(last(context)) if isinstance(part, ToolUse)] == ["c1", "c2", "c3", "c4", "c5"]
    assert [result.id for result in results(last(context))] == ["c1", "c2", "c3", "c4", "c5"]


def test_it_is_told_what_was_left_out():
    context = agent()
    assert "old results of tools were left out in turn:4" in context.run(NODE, CONFIG).reason
    kind, plan = context.journal["turn:4/trim"]
    assert kind == "once"
    assert [one["tool"] for one in plan["left_out"]] == ["lookup_record"] * len(plan["left_out"])
    assert plan["tokens_after"] < 3000 < plan["tokens_before"]
    assert plan["is_estimate"] is True


def test_a_replay_leaves_out_the_same_though_the_wording_has_changed():
    broken = agent()
    answer = reader()
    broken.script = lambda request: fails() if len(broken.requests) == 5 else answer(request)
    with pytest.raises(TransientCallError):
        broken.run(NODE, CONFIG)
    broken.script = answer
    before = broken.journal["turn:4/trim"]
    broken.run(NODE, CONFIG | {"instructions": "Take your time."})
    assert broken.journal["turn:4/trim"] == before
    whole = agent()
    whole.run(NODE, CONFIG)
    assert results(last(broken)) == results(last(whole))
    assert len(broken.performed) == 5, "no tool was called again"


def fails() -> ModelAnswer:
    raise TransientCallError("busy")


def test_old_turns_become_a_summary_that_is_paid_once():
    context = agent()
    found = context.run(NODE, CONFIG | {"trim": "summarise"})
    assert "old messages were summarised before turn:4" in found.reason
    summaries = [request for key, request in context.requests if key.endswith("/summary")]
    assert "lookup_record gave: " in parts(summaries[0])[0].text  # type: ignore[attr-defined]
    assert summaries[0].tools == ()
    opening = last(context).messages[0]
    assert opening.role is Role.USER
    assert "## What was done so far (a summary)\n\nCustomers were read." in opening.parts[-1].text  # type: ignore[union-attr]
    assert [message.role for message in last(context).messages[1:3]] == [Role.ASSISTANT, Role.USER]
    made = len(context.requests)
    context.run(NODE, CONFIG | {"trim": "summarise"})
    assert len(context.requests) == made, "everything comes from the journal"


def test_turned_off_nothing_is_left_out():
    context = agent()
    context.run(NODE, CONFIG | {"trim": "off"})
    assert all(len(result.content) > 3000 for result in results(last(context)))
