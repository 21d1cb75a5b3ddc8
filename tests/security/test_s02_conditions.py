"""S2: conditions are JSON trees with limits; none is ever evaluated as code."""

import time
from typing import Any

import pytest

from orchestrator.contract.patterns import WrongPattern, matches
from orchestrator.engine.conditions import DEEPEST, LARGEST, WrongCondition, check_condition, holds
from orchestrator.engine.templating import read_path

LEAF = {"field": "a", "is": "equal", "value": 1}


def nested(levels: int) -> Any:
    return LEAF if levels == 1 else {"not": nested(levels - 1)}


def decided(condition: Any, values: Any) -> bool:
    check_condition(condition)
    return holds(condition, values, read=read_path, matches=matches)


@pytest.mark.parametrize(
    "condition",
    [
        "a == 1",
        "__import__('os').system('id')",
        {"eval": "1"},
        {"field": "a", "is": "__eq__", "value": 1},
        {"field": "a", "is": "equal", "value": 1, "code": "x"},
        {"field": {"any": []}, "is": "equal"},
        {"all": [LEAF], "any": [LEAF]},
        {"all": "a"},
        [LEAF],
        None,
        5,
    ],
)
def test_what_is_no_tree_of_comparisons_is_refused(condition):
    with pytest.raises(WrongCondition):
        check_condition(condition)


def test_a_tree_has_a_depth_and_a_size():
    check_condition(nested(DEEPEST))
    with pytest.raises(WrongCondition, match="levels deep"):
        check_condition(nested(DEEPEST + 1))
    check_condition({"all": [LEAF] * (LARGEST - 1)})
    with pytest.raises(WrongCondition, match="at most"):
        check_condition({"all": [LEAF] * LARGEST})


@pytest.mark.parametrize("field", ["__class__", "a.__class__.__mro__", "a.keys", "a.b.__init__.__globals__", "items"])
def test_a_field_is_a_key_and_never_an_attribute(field):
    assert not decided({"field": field, "is": "not_empty"}, {"a": {"b": "c"}})


def test_a_pattern_that_hangs_others_takes_linear_time():
    begun = time.perf_counter()
    assert not decided({"field": "a", "is": "matches", "value": "^(a|a)*$|^(a+)+$"}, {"a": "a" * 100_000 + "!"})
    assert time.perf_counter() - begun < 1


def test_a_pattern_that_needs_backtracking_is_refused():
    with pytest.raises(WrongPattern):
        decided({"field": "a", "is": "matches", "value": r"(a)\1"}, {"a": "aa"})
