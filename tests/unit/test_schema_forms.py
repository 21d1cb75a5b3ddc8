"""Forms made from a JSON Schema: what they ask for, what they make of an answer, and what they say of a wrong one."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as some

from orchestrator.contract.json_schema import check_schema, problems_of
from ui.schema_forms import Kind, SchemaForm, shape_of

TICKET = {
    "type": "object",
    "required": ["message", "orders"],
    "properties": {
        "message": {"type": "string", "maxLength": 2000},
        "customer": {"type": "string", "pattern": "^C-[0-9]+$", "default": "C-1001"},
        "priority": {"enum": ["low", "high", 3]},
        "limit": {"type": "number", "minimum": 0, "maximum": 500},
        "is_urgent": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "orders": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["number"],
                "properties": {"number": {"type": "integer", "minimum": 1}, "note": {"type": "string", "maxLength": 8}},
            },
        },
        "address": {
            "type": "object",
            "required": ["city"],
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        },
    },
}
GOOD = {
    "input.message": "Help\r\nme",
    "input.customer": "C-1",
    "input.tags~n": "0",
    "input.orders~n": "1",
    "input.orders.0.number": "7",
}


def posted(answers: dict[str, Any], schema: dict[str, Any] = TICKET, **more: Any) -> SchemaForm:
    query = QueryDict(mutable=True)
    for name, value in answers.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return SchemaForm(schema, problems=problems_of, data=query, **more)


def one(schema: dict[str, Any], answer: Any = None, **more: Any) -> SchemaForm:
    """A form of one property `x`."""
    answers = {} if answer is None else {"input.x": answer}
    return posted(answers, {"type": "object", "properties": {"x": schema}, **more})


def test_an_answer_becomes_the_value_that_the_schema_describes() -> None:
    form = posted({**GOOD, "input.priority": "3", "input.limit": "2.50", "input.is_urgent": "on"})
    assert form.is_valid(), form.errors
    assert form.value() == {
        "message": "Help\nme",
        "customer": "C-1",
        "priority": 3,
        "limit": 2.5,
        "is_urgent": True,
        "orders": [{"number": 7}],
    }


def test_parts_that_are_left_empty_are_left_out() -> None:
    form = posted(GOOD)
    assert form.is_valid()
    assert "limit" not in form.value()
    assert "address" not in form.value()
    assert "tags" not in form.value()


def test_an_emptied_default_stays_empty() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string", "default": "C-1001"}}}
    form = posted({"input.x": ""}, schema)
    assert form.is_valid()
    assert form.value() == {"x": ""}


def test_a_required_part_says_so_at_its_field() -> None:
    form = posted({**GOOD, "input.message": ""})
    assert not form.is_valid()
    assert list(form.errors) == ["input.message"]


def test_an_optional_group_needs_its_parts_only_when_one_is_there() -> None:
    form = posted({**GOOD, "input.address.street": "Elm St 4"})
    assert not form.is_valid()
    assert list(form.errors) == ["input.address.city"]
    assert posted({**GOOD, "input.address.city": "Bern"}).is_valid()


def test_what_the_schema_refuses_is_said_at_the_place() -> None:
    form = posted({**GOOD, "input.customer": "nobody"})
    assert not form.is_valid()
    assert "does not match" in form.errors["input.customer"][0]


def test_places_count_without_the_empty_rows_before_them() -> None:
    rows = {
        "input.orders~n": "3",
        "input.orders.0.note": "",
        "input.orders.1.number": "4",
        "input.orders.2.number": "0",
    }
    form = posted({**GOOD, **rows, "input.orders.0.number": ""})
    assert not form.is_valid()
    assert list(form.errors) == ["input.orders.2.number"]


def test_a_list_that_is_too_short_says_so_at_the_list() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "array", "minItems": 2, "items": {"type": "string"}}}}
    form = posted({"input.x~n": "1", "input.x.0": "a"}, schema)
    assert not form.is_valid()
    assert form.errors == {"input.x~n": ["Fill in at least 2 entries."]}
    assert 'href="#id_input.x~n_rows"' in render_to_string("components/schema_form.html", {"form": form})


@pytest.mark.parametrize(
    ("schema", "answer", "value"),
    [
        ({"type": "integer"}, "12", 12),
        ({"type": "number"}, "12", 12),
        ({"type": "number"}, "1,5", 1.5),
        ({"type": "string", "maxLength": 5}, " a ", "a"),
        ({"type": "string"}, " a\r\nb ", " a\nb "),
        ({"type": "boolean"}, "on", True),
        ({"enum": [True, "true", None]}, "true", "true"),
        ({"oneOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]}, "2", 2),
        ({"type": ["string", "null"]}, "a", "a"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "3", 3),
        ({"type": "object"}, '{"a": [1]}', {"a": [1]}),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, '"a"', "a"),
        ({"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}}, ["b"], ["b"]),
    ],
)
def test_each_kind_of_part_gives_its_kind_of_value(schema: dict[str, Any], answer: Any, value: Any) -> None:
    form = one(schema, answer)
    assert form.is_valid(), form.errors
    assert form.value() == {"x": value}


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"type": "integer"}, "1.5"),
        ({"type": "number"}, "inf"),
        ({"type": "number"}, "nan"),
        ({"type": "number", "maximum": 3}, "4"),
        ({"type": "string", "minLength": 3}, "ab"),
        ({"enum": ["a"]}, "b"),
        ({"type": "object"}, "{"),
        ({"type": "object"}, '{"a": NaN}'),
        ({"type": "object"}, "[" * 100_000),
        ({"type": "array", "items": {}}, "3"),
    ],
)
def test_a_wrong_answer_is_told_at_its_field(schema: dict[str, Any], answer: str) -> None:
    form = one(schema, answer)
    assert not form.is_valid()
    assert list(form.errors) == ["input.x"]


def test_a_required_null_is_null_and_a_constant_is_itself() -> None:
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": ["integer", "null"]}, "b": {"const": 4}},
    }
    form = posted({"input.a": ""}, schema)
    assert form.is_valid(), form.errors
    assert form.value() == {"a": None, "b": 4}


def test_a_schema_that_is_no_object_has_one_field() -> None:
    form = posted({"input": "yes"}, {"type": "string", "maxLength": 9})
    assert form.is_valid()
    assert form.value() == "yes"


def test_a_button_adds_a_row_and_keeps_what_was_typed_without_finding_errors() -> None:
    form = posted({**GOOD, "input.message": "", "input.orders.0.number": "x", "input~do": "add input.orders"})
    assert form.is_rearranged
    assert not form.is_valid()
    assert not form.errors
    assert form["input.orders.0.number"].value() == "x"
    assert "input.orders.1.number" in form.fields


def test_a_button_drops_its_row_and_moves_those_below() -> None:
    rows = {"input.orders~n": "3", **{f"input.orders.{n}.number": str(n) for n in range(3)}}
    form = posted({**GOOD, **rows, "input~do": "drop input.orders 1"})
    assert [form[f"input.orders.{n}.number"].value() for n in range(2)] == ["0", "2"]
    assert "input.orders.2.number" not in form.fields


@pytest.mark.parametrize("pressed", ["drop input.orders 9", "drop", "jump input.orders", "drop input.orders -1"])
def test_a_button_that_is_none_is_ignored(pressed: str) -> None:
    assert posted({**GOOD, "input~do": pressed}).is_valid()


@pytest.mark.parametrize("count", ["99999999", "-1", "x", "²"])
def test_a_number_of_rows_that_was_made_up_makes_no_big_form(count: str) -> None:
    assert len(posted({**GOOD, "input.tags~n": count}).fields) < 20


def test_names_with_dots_and_tildes_are_different_places() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a.b": {"type": "string"},
            "a": {"type": "object", "properties": {"b": {"type": "string"}}},
            "a~n": {"type": "string"},
        },
    }
    form = posted({"input.a~1b": "1", "input.a.b": "2", "input.a~0n": "3"}, schema)
    assert form.is_valid()
    assert form.value() == {"a.b": "1", "a": {"b": "2"}, "a~n": "3"}


def test_a_file_is_stored_when_the_form_is_good_and_not_before() -> None:
    schema = {"type": "object", "required": ["x"], "properties": {"x": {"type": "string", "format": "file"}}}
    stored: list[str] = []

    def store(upload: Any) -> str:
        stored.append(upload.name)
        return "file:1"

    upload = SimpleUploadedFile("a.pdf", b"%PDF")
    form = SchemaForm(schema, problems=problems_of, data=QueryDict(), files=MultiValueDict({"input.x": [upload]}))
    assert form.is_valid(), form.errors
    assert stored == []
    assert form.value(store=store) == {"x": "file:1"}
    assert stored == ["a.pdf"]


def test_several_files_go_into_one_field() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "array", "items": {"type": "string", "format": "file"}}}}
    uploads = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]
    form = SchemaForm(schema, problems=problems_of, data=QueryDict(), files=MultiValueDict({"input.x": uploads}))
    assert form.is_valid(), form.errors
    assert form.value(store=lambda upload: upload.name) == {"x": ["a.txt", "b.txt"]}


def test_a_file_that_is_there_stays_when_no_other_is_chosen() -> None:
    schema = {"type": "object", "required": ["x"], "properties": {"x": {"type": "string", "format": "file"}}}
    form = posted({"input.x~kept": "file:7"}, schema, value={"x": "file:7"})
    assert form.is_valid(), form.errors
    assert form.value() == {"x": "file:7"}


def test_a_required_file_is_asked_for() -> None:
    schema = {"type": "object", "required": ["x"], "properties": {"x": {"type": "string", "format": "file"}}}
    assert list(posted({}, schema).errors) == ["input.x"]


def test_a_given_value_fills_the_form_and_comes_back_as_it_was() -> None:
    value = {
        "message": "Two\nlines",
        "customer": "C-2",
        "priority": 3,
        "is_urgent": True,
        "tags": ["a", "b"],
        "orders": [{"number": 1, "note": "n"}, {"number": 2}],
        "address": {"city": "Bern"},
    }
    shown = SchemaForm(TICKET, problems=problems_of, value=value)
    again = posted(
        {
            name: "on" if field.initial is True else str(field.initial)
            for name, field in shown.fields.items()
            if field.initial not in (None, False)
        }
    )
    assert again.is_valid(), again.errors
    assert again.value() == value


def test_references_are_followed_and_recursion_ends_in_json_text() -> None:
    schema = {
        "$defs": {
            "node": {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}
        },
        "$ref": "#/$defs/node",
    }
    shape, depth = shape_of(schema), 0
    while shape.kind is Kind.group:
        shape, depth = shape.parts[1], depth + 1
    assert shape.kind is Kind.json
    assert depth < 10


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string", "maxLength": 80}, Kind.text),
        ({"type": "string"}, Kind.lines),
        ({"type": "string", "format": "multiline", "maxLength": 80}, Kind.lines),
        ({"type": "string", "format": "password"}, Kind.secret),
        ({"type": "string", "contentMediaType": "application/pdf", "contentEncoding": "base64"}, Kind.file),
        ({"type": "object", "additionalProperties": {"type": "string"}}, Kind.json),
        ({"$ref": "#/$defs/missing"}, Kind.json),
    ],
)
def test_each_schema_has_its_kind(schema: dict[str, Any], kind: Kind) -> None:
    assert shape_of(schema).kind is kind


def test_the_form_is_drawn_with_labels_errors_and_buttons() -> None:
    form = posted({**GOOD, "input.message": ""})
    page = render_to_string("components/schema_form.html", {"form": form})
    assert 'href="#id_input.message"' in page
    assert 'aria-invalid="true"' in page
    assert 'value="add input.orders"' in page
    assert 'value="drop input.orders 0"' in page
    assert page.count("<legend>") == 3


_LEAVES = some.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "maxLength": 9},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"enum": ["a", 1, None]},
        {"type": ["string", "null"]},
    ]
)
_SCHEMAS = some.recursive(
    _LEAVES,
    lambda inner: some.one_of(
        some.dictionaries(some.sampled_from(["a", "b.c", "d~"]), inner, min_size=1).map(
            lambda parts: {"type": "object", "properties": parts, "required": list(parts)[:1]}
        ),
        inner.map(lambda items: {"type": "array", "items": items}),
    ),
    max_leaves=8,
)


@given(schema=_SCHEMAS, answers=some.dictionaries(some.text(max_size=4), some.text(max_size=6), max_size=4))
def test_whatever_is_posted_a_valid_form_has_a_value_that_fits(schema: dict[str, Any], answers: dict[str, str]) -> None:
    check_schema(schema)
    empty = SchemaForm(schema, problems=problems_of)
    names = [name for name in empty.fields if not name.endswith("~n")]
    filled = dict(zip(names, answers.values(), strict=False))
    form = posted({**answers, **filled, **{name: "2" for name in empty.fields if name.endswith("~n")}}, schema)
    if form.is_valid():
        assert problems_of(form.value(), schema) == []
    else:
        assert form.errors
