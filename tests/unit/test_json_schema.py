"""JSON Schema as the product uses it: defaults, words for people, and text that every store can hold."""

import pytest

from orchestrator.contract.cleaning import cleaned
from orchestrator.contract.json_schema import WrongSchema, check_schema, problems_of, with_defaults

FORM = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "size": {"enum": ["small", "large"], "default": "small"},
        "address": {"type": "object", "properties": {"town": {"type": "string", "default": "Ulm"}}},
    },
    "patternProperties": {"^x-": {"type": "integer"}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({"name": "Ada", "x-one": 1}, []),
        ({}, ["the whole value: 'name' is a required property"]),
        ({"name": "Ada", "x-one": "1"}, ["x-one: '1' is not of type 'integer'"]),
        ({"name": "Ada", "nmae": 1}, ["the whole value: these properties are not allowed: nmae"]),
        ({"name": "Ada", "address": {"town": 5}}, ["address/town: 5 is not of type 'string'"]),
        ("Ada", ["the whole value: 'Ada' is not of type 'object'"]),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(value, problems):
    assert problems_of(value, FORM) == problems


def test_of_alternatives_the_closest_is_told():
    schema = {
        "anyOf": [{"type": "object", "required": ["sum"], "properties": {"sum": {"type": "number"}}}, {"type": "null"}]
    }
    assert problems_of({"sum": "3"}, schema) == ["sum: '3' is not of type 'number'"]


def test_only_the_first_few_are_told():
    assert len(problems_of(["x"] * 100, {"items": {"type": "integer"}})) == 10


def test_defaults_are_filled_in_and_the_value_stays_as_it_was():
    value = {"name": "Ada", "address": {}}
    assert with_defaults(value, FORM) == {"name": "Ada", "address": {"town": "Ulm"}, "size": "small"}
    assert value == {"name": "Ada", "address": {}}
    assert with_defaults("text", FORM) == "text"
    assert with_defaults({"a": 1}, {}) == {"a": 1}


@pytest.mark.parametrize(
    "schema", [FORM, {}, {"properties": {"pattern": {"type": "string"}, "$schema": {"type": "string"}}}]
)
def test_a_schema_that_can_be_used_passes(schema):
    check_schema(schema)
    assert problems_of({"name": "x"}, schema) == []


def nested(levels: int) -> dict[str, object]:
    return {} if levels == 0 else {"items": nested(levels - 1)}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("object", "is an object"),
        ({"type": "text"}, "At type"),
        ({"required": "name"}, "At required"),
        (nested(30), "levels deep"),
        ({"enum": list(range(3000))}, "at most 2000 parts"),
    ],
)
def test_one_that_cannot_says_why(schema, words):
    with pytest.raises(WrongSchema, match=words):
        check_schema(schema)


def test_text_from_outside_is_cleaned_everywhere():
    dirty = {"a\0": ["\ud800x", "ok \U0001f600", {"b": "\udc00"}], "n": 1, "none": None}
    assert cleaned(dirty) == {"a\ufffd": ["\ufffdx", "ok \U0001f600", {"b": "\ufffd"}], "n": 1, "none": None}
    assert cleaned("\ud83d\ude00") == "\U0001f600"
