"""JSON Schemas in the forms that vendors take natively."""

from orchestrator.providers._schemas import closed, in_words, is_strict

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def test_limits_that_a_vendor_does_not_know_go_into_the_description() -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer", "minimum": 0, "description": "In years"}}}
    assert closed(schema) == {
        "type": "object",
        "properties": {"age": {"type": "integer", "description": "In years {minimum: 0}"}},
        "additionalProperties": False,
    }


def test_a_property_may_be_called_like_a_keyword() -> None:
    schema = {"type": "object", "properties": {"pattern": {"type": "string"}, "default": {"type": "string"}}}
    found = closed(schema)
    assert found is not None
    assert set(found["properties"]) == {"pattern", "default"}


def test_alternatives_and_definitions_are_closed_too() -> None:
    schema = {
        "type": "object",
        "$defs": {"city": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}}},
        "properties": {
            "place": {"oneOf": [{"$ref": "#/$defs/city"}, {"type": "null"}]},
            "many": {"type": "array", "minItems": 3},
        },
    }
    found = closed(schema)
    assert found is not None
    assert found["$defs"]["city"]["additionalProperties"] is False
    assert found["properties"]["place"] == {"anyOf": [{"$ref": "#/$defs/city"}, {"type": "null"}]}
    assert "minItems" not in found["properties"]["many"]


def test_open_objects_and_other_roots_are_not_native() -> None:
    for schema in ({"type": "array"}, {"type": "object"}, CITY | {"additionalProperties": {"type": "string"}}, {}):
        assert closed(schema) is None


def test_strict_mode_wants_every_property_required_and_nothing_open() -> None:
    assert is_strict(CITY)
    assert not is_strict(CITY | {"required": []})
    assert not is_strict(
        {
            "type": "object",
            "properties": {"a": CITY | {"additionalProperties": True}},
            "required": ["a"],
            "additionalProperties": False,
        }
    )
    assert not is_strict({"type": "object"})


def test_a_schema_in_words_holds_all_of_it() -> None:
    assert '"city"' in in_words(CITY)
