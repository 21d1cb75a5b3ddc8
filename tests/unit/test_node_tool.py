"""A tool node: one call with filled arguments."""

import pytest
from pydantic import ValidationError

from orchestrator.contract.errors import Suspended, ToolRefused
from orchestrator.contract.questions import Decision
from orchestrator.nodes.tool import NODE
from tests.fakes.context import FakeContext
from tests.fakes.tool_context import Outside

CONFIG = {"tool": "lookup_record", "arguments": {"table": "customers", "where": {"age": "{{ inputs.age }}"}}}
ROWS = [{"name": "Ada", "age": 36}, {"name": "Bo", "age": 5}]


def context(**more: object) -> FakeContext:
    return FakeContext(values={"inputs": {"age": 36}}, outside=Outside(tables={"customers": ROWS}), **more)  # type: ignore[arg-type]


def test_a_template_alone_keeps_the_type_of_its_value():
    assert context().run(NODE, CONFIG).output == {"result": {"rows": [ROWS[0]], "count": 1}}


def test_it_is_called_once_however_often_the_node_runs():
    one = context()
    assert one.run(NODE, CONFIG) == one.run(NODE, CONFIG)
    assert len(one.performed) == 1


def test_a_refusal_is_an_error_of_the_step():
    with pytest.raises(ToolRefused, match="there are customers"):
        context().run(NODE, {"tool": "lookup_record", "arguments": {"table": "orders"}})


def test_its_author_may_want_a_person_to_look_first():
    one = context()
    with pytest.raises(Suspended):
        one.run(NODE, CONFIG | {"policy": "ask"})
    assert one.performed == []
    one.decisions["call"] = Decision(verdict="edited", value={"table": "customers", "where": {"age": 5}})
    assert one.run(NODE, CONFIG | {"policy": "ask"}).output["result"]["rows"] == [ROWS[1]]


def test_it_says_which_tool_with_which_arguments_it_uses():
    assert NODE.tools(NODE.config.model_validate(CONFIG)) == {"lookup_record": CONFIG["arguments"]}


@pytest.mark.parametrize(
    ("config", "words"), [({}, "tool"), ({"tool": "x", "args": {}}, "args"), ({"tool": ""}, "tool")]
)
def test_a_wrong_setting_is_named(config, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate(config)
