"""The ends of a workflow: a checked input, a filled output."""

import pytest
from pydantic import ValidationError

from orchestrator.nodes import end, start
from tests.fakes.context import FakeContext

SCHEMA = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string"},
        "customer": {"type": "string", "default": "C-1001"},
        "options": {"type": "object", "properties": {"tone": {"type": "string", "default": "calm"}}},
    },
}


def test_the_start_gives_the_input_with_defaults_at_every_level():
    context = FakeContext(values={"inputs": {"message": "hello", "options": {}}})
    assert context.run(start.NODE, {"schema": SCHEMA}).output == {
        "message": "hello",
        "customer": "C-1001",
        "options": {"tone": "calm"},
    }


def test_a_wrong_input_names_the_place_and_what_to_do():
    with pytest.raises(start.WrongInput, match=r"customer: 5 is not of type 'string'.*Correct it"):
        FakeContext(values={"inputs": {"message": "x", "customer": 5}}).run(start.NODE, {"schema": SCHEMA})


def test_without_a_schema_any_input_is_right():
    assert FakeContext(values={"inputs": {"a": [1]}}).run(start.NODE, {}).output == {"a": [1]}


def test_a_wrong_schema_is_told():
    with pytest.raises(ValidationError, match="At type"):
        start.Config.model_validate({"schema": {"type": "txt"}})


def test_the_end_fills_its_mapping_and_what_was_skipped_is_nothing():
    context = FakeContext(values={"reply": {"text": "Dear Ada"}, "inputs": {}})
    output = context.run(end.NODE, {"output": {"reply": "{{ reply.text }}", "refund": "{{ refund.data.sum }}"}}).output
    assert output == {"reply": "Dear Ada", "refund": None}


def test_the_end_without_a_mapping_gives_what_the_last_nodes_gave():
    context = FakeContext(values={"inputs": {"a": 1}, "one": {"text": "x"}, "two": [1]})
    assert context.run(end.NODE, {}).output == {"one": {"text": "x"}, "two": [1]}
