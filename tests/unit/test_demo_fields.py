"""The demo model's structured answers: choices by words, fields by labels and looks, and always a fitting value."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.structured import misfits
from tests.unit.demo import ask

ROUTES = """- garden: plants, soil, watering, seeds
- kitchen: recipe, cooking, oven, bake
- travel: train, hotel, flight, passport"""
SEVERAL: dict[str, Any] = {
    "type": "object",
    "required": ["routes", "reason"],
    "properties": {
        "routes": {"type": "array", "items": {"type": "string", "enum": ["garden", "kitchen", "travel"]}},
        "reason": {"type": "string"},
    },
    "additionalProperties": False,
}
SORT = f"Sort the text that the user sends into routes. The routes:\n{ROUTES}\nGive every route that fits."
LETTER = """Dear team,

order reference: QX-48213
Delivery day: 14 March 2026
Total to pay: 1,249.50 EUR

Please write to ana.lopez@example.org or see https://example.org/help for more.
The machine arrived damaged and must be replaced. 3 boxes were missing.

Ana Lopez"""


def fields(text: str, properties: dict[str, Any], **more: Any) -> Any:
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    value = json.loads(
        ask(f"Extract the fields from this letter.\n\n## Letter\n\n{text}", output_schema=schema, **more).text()
    )
    assert misfits(value, schema) == []
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My oven does not bake evenly, and the seeds never came up.", ["garden", "kitchen"]),
        ("How often should I water the plants?", ["garden"]),
        (
            "My passport expires before the flight. Also, do you have a recipe for soup? And my soil is dry.",
            ["garden", "kitchen", "travel"],
        ),
        ("Good morning, how are you today?", []),
        ("Which TRAIN goes to the hotel?", ["travel"]),
    ],
)
def test_a_text_is_sorted_into_none_one_or_several_routes(text: str, expected: list[str]) -> None:
    value = json.loads(ask(text, system=SORT, output_schema=SEVERAL).text())
    assert sorted(value["routes"]) == expected
    assert misfits(value, SEVERAL) == []


def test_options_described_in_the_schema_are_understood() -> None:
    described = [
        {"const": "a", "description": "boats, sailing, harbour"},
        {"const": "b", "description": "mountains, climbing"},
    ]
    schema = {"type": "object", "properties": {"kind": {"oneOf": described}}, "required": ["kind"]}
    value = json.loads(
        ask("We went climbing in the mountains of Peru.", system="What is it about?", output_schema=schema).text()
    )
    assert value == {"kind": "b"}


def test_one_choice_without_a_hint_is_the_one_that_means_none() -> None:
    schema = {"type": "object", "properties": {"kind": {"enum": ["boats", "mountains", "other"]}}, "required": ["kind"]}
    assert json.loads(ask("Good morning!", system="Sort it.", output_schema=schema).text()) == {"kind": "other"}


def test_labelled_values_numbers_dates_and_addresses_are_found() -> None:
    value = fields(
        LETTER,
        {
            "order_reference": {"type": "string"},
            "delivery_day": {"type": "string", "format": "date"},
            "total_to_pay": {"type": "number"},
            "currency": {"type": "string"},
            "email": {"type": "string", "format": "email"},
            "website": {"type": "string", "format": "uri"},
            "is_damaged": {"type": "boolean"},
            "missing_boxes": {"type": "integer"},
            "sender_name": {"type": "string"},
        },
    )
    assert value["order_reference"] == "QX-48213"
    assert value["delivery_day"] == "2026-03-14"
    assert value["total_to_pay"] == 1249.5
    assert value["currency"] == "EUR"
    assert value["email"] == "ana.lopez@example.org"
    assert value["website"] == "https://example.org/help"
    assert value["is_damaged"] is True
    assert value["missing_boxes"] == 3


def test_what_is_not_there_is_not_invented() -> None:
    schema = {
        "type": "object",
        "properties": {"phone": {"type": ["string", "null"]}, "iban": {"type": "string"}},
        "required": ["phone"],
    }
    value = json.loads(ask(f"Extract the fields.\n\n## Letter\n\n{LETTER}", output_schema=schema).text())
    assert value["phone"] is None


def test_a_negated_sentence_makes_a_truth_value_false() -> None:
    assert fields("The machine is not damaged at all.", {"is_damaged": {"type": "boolean"}}) == {"is_damaged": False}


def test_rows_of_a_table_become_items() -> None:
    table = "| part | pieces |\n| --- | --- |\n| wheel | 4 |\n| frame | 1 |"
    items = {
        "type": "object",
        "properties": {"part": {"type": "string"}, "pieces": {"type": "integer"}},
        "required": ["part", "pieces"],
    }
    value = fields(table, {"parts": {"type": "array", "items": items}})
    assert value == {"parts": [{"part": "wheel", "pieces": 4}, {"part": "frame", "pieces": 1}]}


def test_rows_of_json_become_items() -> None:
    rows = json.dumps([{"part": "wheel", "pieces": 4}, {"part": "frame", "pieces": 1}])
    items = {"type": "object", "properties": {"pieces": {"type": "integer"}}, "required": ["pieces"]}
    assert fields(rows, {"parts": {"type": "array", "items": items}}) == {"parts": [{"pieces": 4}, {"pieces": 1}]}


def test_claims_are_checked_against_the_sources() -> None:
    item = {
        "type": "object",
        "required": ["claim", "evidence", "holds"],
        "properties": {"claim": {"type": "string"}, "evidence": {"type": "string"}, "holds": {"type": "boolean"}},
    }
    schema = {"type": "object", "properties": {"claims": {"type": "array", "items": item}}, "required": ["claims"]}
    text = (
        "## Statement\n\nThe tower is 30 metres high. The lift carries 12 people. It was painted blue last year.\n\n"
        "## Sources\n\nThe tower measures 30 metres and is high enough for the lift. The lift carries 8 people at once."
    )
    found = json.loads(
        ask(text, system="Check every claim of the statement against the sources.", output_schema=schema).text()
    )
    assert [(claim["claim"][:12], claim["holds"]) for claim in found["claims"]] == [
        ("The tower is", True),
        ("The lift car", False),
        ("It was paint", False),
    ]


KINDS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "maxLength": 12},
        {"type": "string", "format": "date"},
        {"type": "string", "enum": ["red", "green"]},
        {"type": "integer", "minimum": 2, "maximum": 9},
        {"type": "number"},
        {"type": "boolean"},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"], "additionalProperties": False},
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    properties=st.dictionaries(
        st.sampled_from(["title", "total", "day", "colour", "list_of_parts", "note", "summary"]), KINDS, min_size=1
    )
)
def test_every_answer_fits_its_schema(properties: dict[str, Any]) -> None:
    fields(LETTER, properties)
