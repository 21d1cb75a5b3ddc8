"""A map: a graph once per item, its results in the order of the items."""

import pytest
from pydantic import ValidationError

from orchestrator.contract.errors import NodeError, Suspended
from orchestrator.contract.messages import ModelAnswer, ModelRequest
from orchestrator.contract.questions import Decision
from orchestrator.nodes.map import NODE, WrongItems
from tests.fakes.context import FakeContext, says

SHOUT = {
    "nodes": {"shout": {"type": "prompt", "config": {"prompt": "{{ index }}: {{ item.name }} of {{ inputs.town }}"}}}
}
PICK = {"nodes": {"pick": {"type": "transform", "config": {"expression": "item.n.m"}}}}
VALUES = {"inputs": {"people": [{"name": "Ada"}, {"name": "Bo"}], "town": "Ulm"}}


def upper(request: ModelRequest) -> ModelAnswer:
    return says(request.messages[0].parts[0].text.upper())  # type: ignore[union-attr]


def test_each_item_runs_the_body_with_its_own_values():
    context = FakeContext(values=VALUES, script=upper)
    result = context.run(NODE, {"items": "{{ inputs.people }}", "body": SHOUT, "cap": 4})
    assert [item["text"] for item in result.output] == ["0: ADA OF ULM", "1: BO OF ULM"]
    assert result.reason == "2 items"
    assert context.waits["items"] == {"size": 2, "cap": 4}


def test_a_body_of_several_nodes_gives_what_its_output_names():
    body = {
        "nodes": {
            "shout": SHOUT["nodes"]["shout"],
            "cut": {"type": "transform", "config": {"template": "<{{ shout.text }}>"}},
        },
        "edges": [["shout", "out", "cut"]],
        "output": {"said": "{{ cut }}"},
    }
    context = FakeContext(values=VALUES, script=upper)
    assert context.run(NODE, {"items": "{{ inputs.people }}", "body": body}).output[1] == {"said": "<1: BO OF ULM>"}


def broken(_request: ModelRequest) -> ModelAnswer:
    raise NodeError("no luck")


def some_broken(request: ModelRequest) -> ModelAnswer:
    return broken(request) if "Ada" in str(request.messages) else upper(request)


def test_a_failed_item_fails_the_map_or_is_left_out_or_stands_in_its_place():
    def run(policy: str):
        config = {"items": "{{ inputs.people }}", "body": SHOUT, "on_item_error": policy}
        return FakeContext(values=VALUES, script=some_broken).run(NODE, config)

    with pytest.raises(NodeError, match="Item 0 failed") as caught:
        run("fail")
    assert caught.value.code == "items_failed"
    left_out, collected = run("skip"), run("collect")
    assert [item["text"] for item in left_out.output] == ["1: BO OF ULM"]
    assert left_out.reason == "2 items, 1 failed"
    assert collected.output[0] == {"error": {"code": "node_error", "message": "no luck"}}


def test_people_inside_items_are_waited_for_and_nothing_is_done_twice():
    body = {
        "nodes": {
            "shout": SHOUT["nodes"]["shout"],
            "look": {"type": "checkpoint", "config": {"title": "Right?", "subject": "{{ shout.text }}"}},
        },
        "edges": [["shout", "out", "look"]],
    }
    context = FakeContext(values=VALUES, script=upper)
    config = {"items": "{{ inputs.people }}", "body": body}
    with pytest.raises(Suspended) as caught:
        context.run(NODE, config)
    assert caught.value.keys == {"items[0]/look/ask", "items[1]/look/ask"}
    context.decisions |= {key: Decision(verdict="approved") for key in caught.value.keys}
    assert [item["look"]["value"] for item in context.run(NODE, config).output] == ["0: ADA OF ULM", "1: BO OF ULM"]
    assert len(context.requests) == 2


def test_no_items_give_an_empty_list_without_a_scope():
    context = FakeContext()
    assert context.run(NODE, {"items": [], "body": PICK}).output == []
    assert context.waits == {}


def test_the_list_may_be_written_down():
    assert FakeContext().run(NODE, {"items": [{"n": {"m": 1}}, {"n": {"m": 2}}], "body": PICK}).output == [1, 2]


@pytest.mark.parametrize(
    ("items", "words"),
    [("{{ inputs.town }}", "gave a text"), ("{{ nothing }}", "gave nothing"), ("{{ many }}", "at most 10000")],
)
def test_what_is_no_list_says_what_it_is(items, words):
    with pytest.raises(WrongItems, match=words):
        FakeContext(values=VALUES | {"many": [0] * 10_001}).run(NODE, {"items": items, "body": PICK})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"body": {"nodes": {}}}, "nodes"),
        ({"body": {"nodes": PICK["nodes"], "loop": 1}}, "loop"),
        ({"cap": -1}, "cap"),
        ({"on_item_error": "retry"}, "on_item_error"),
    ],
)
def test_a_wrong_setting_is_named(more, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate({"items": [], "body": PICK} | more)
