"""S14: patterns that people and models write run in re2 alone, wherever they stand."""

import ast
import time
from pathlib import Path
from typing import Any

import pytest

from orchestrator.contract.json_schema import WrongSchema, check_schema, problems_of
from orchestrator.contract.patterns import LONGEST, WrongPattern, matches
from orchestrator.structured import misfits

ROOT = Path(__file__).resolve().parents[2]
EVIL, TEXT = "^(a+)+$", "a" * 50_000 + "!"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
HIDDEN: dict[str, dict[str, Any]] = {
    "at the root": {"pattern": EVIL},
    "with a dialect": {"$schema": DIALECT, "pattern": EVIL},
    "below a dialect": {"properties": {"a": {"$schema": DIALECT, "pattern": EVIL}}},
    "below a dialect by reference": {
        "$schema": DIALECT,
        "$defs": {"a": {"$schema": DIALECT, "pattern": EVIL}},
        "properties": {"a": {"$ref": "#/$defs/a"}},
    },
    "below an old dialect": {
        "properties": {"a": {"$schema": "http://json-schema.org/draft-04/schema#", "pattern": EVIL}}
    },
    "for names": {"patternProperties": {EVIL: {}}},
    "for the names of names": {"propertyNames": {"pattern": EVIL}},
    "beside closed names": {"patternProperties": {EVIL: {}}, "additionalProperties": False},
    "in a choice": {"anyOf": [{"properties": {"a": {"pattern": EVIL}}}, {"properties": {"a": {"pattern": EVIL}}}]},
    "in a condition": {"if": {"patternProperties": {EVIL: {}}}, "then": {"properties": {"a": {"pattern": EVIL}}}},
    "in an item": {"properties": {"list": {"contains": {"pattern": EVIL}}}},
}


@pytest.mark.parametrize("place", HIDDEN)
def test_a_pattern_that_hangs_others_takes_linear_time(place):
    value = TEXT if place in ("at the root", "with a dialect") else {"a": TEXT, TEXT: 1, "list": [TEXT]}
    begun = time.perf_counter()
    problems_of(value, HIDDEN[place])
    misfits(value, HIDDEN[place])
    check_schema(HIDDEN[place])
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize(
    "schema", [{"unevaluatedProperties": False}, {"properties": {"a": {"unevaluatedProperties": {"type": "string"}}}}]
)
def test_the_one_keyword_that_would_use_another_engine_is_refused(schema):
    with pytest.raises(WrongSchema, match="Use additionalProperties"):
        check_schema(schema)
    with pytest.raises(WrongSchema, match="Use additionalProperties"):
        problems_of({"a": {"b": 1}}, schema | {"patternProperties": {EVIL: {}}})


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "(?<!a)b", "(", "a{1000}{1000}{1000}", "x" * (LONGEST + 1)])
def test_a_pattern_that_cannot_be_used_is_refused_with_words(pattern):
    with pytest.raises(WrongPattern, match=r"RE2|at most"):
        matches(pattern, "a")
    with pytest.raises(WrongSchema):
        check_schema({"pattern": pattern})


def test_a_reference_never_leaves_the_document():
    for address in ("http://127.0.0.1:1/x", "file:///etc/passwd", "other.json"):
        with pytest.raises(WrongSchema, match="leads outside"):
            check_schema({"properties": {"a": {"$ref": address}}})
        with pytest.raises(WrongSchema):
            problems_of({"a": 1}, {"properties": {"a": {"$ref": address}}})


def test_a_schema_that_refers_to_itself_without_end_is_an_error_and_no_crash():
    with pytest.raises(WrongSchema):
        problems_of(1, {"$ref": "#"})


def test_no_other_module_compiles_a_pattern_that_is_not_its_own():
    """`re` is used with constants alone: its first argument is a literal, or a name bound to one in the same module."""
    for folder in ("engine", "contract", "nodes", "tools", "documents"):
        for path in (ROOT / "orchestrator" / folder).rglob("*.py"):
            for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
                function = call.func
                if (
                    isinstance(function, ast.Attribute)
                    and isinstance(function.value, ast.Name)
                    and function.value.id == "re"
                ):
                    assert isinstance(call.args[0], ast.Constant), f"{path}:{call.lineno}"
