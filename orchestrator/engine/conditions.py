"""Conditions as JSON trees: {"field": "total", "is": "above", "value": 100}, joined by all, any and not.

No expression is ever evaluated as code (security S2). Limits: depth 8, 100 nodes. Patterns are matched by a function that
the caller hands in, because the engine may use nothing but the standard library and `re` can be hung.
"""

from collections.abc import Callable, Mapping, Sequence

from orchestrator.engine.values import BatonError, Json

DEEPEST, LARGEST = 8, 100
Matches = Callable[[str, str], bool]
"""Whether a pattern (first) is found in a text (second), in linear time."""


class WrongCondition(BatonError):
    """A condition is {field, is, value} or one of {all: [...]}, {any: [...]}, {not: {...}}."""

    code = "wrong_condition"


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    return float(value)


def _compare(left: Json, right: Json, decide: Callable[[float, float], bool]) -> bool:
    try:
        return decide(_number(left), _number(right))
    except ValueError:
        return False


def _contains(left: Json, right: Json) -> bool:
    if isinstance(left, str):
        return str(right).lower() in left.lower()
    return right in left if isinstance(left, Sequence | Mapping) else False


OPERATORS: Mapping[str, Callable[[Json, Json], bool]] = {
    "equal": lambda left, right: bool(left == right),
    "not_equal": lambda left, right: bool(left != right),
    "above": lambda left, right: _compare(left, right, lambda a, b: a > b),
    "at_least": lambda left, right: _compare(left, right, lambda a, b: a >= b),
    "below": lambda left, right: _compare(left, right, lambda a, b: a < b),
    "at_most": lambda left, right: _compare(left, right, lambda a, b: a <= b),
    "contains": _contains,
    "one_of": lambda left, right: isinstance(right, Sequence) and left in right,
    "empty": lambda left, _: left in (None, "", [], {}),
    "not_empty": lambda left, _: left not in (None, "", [], {}),
}
PATTERN = "matches"


def check_condition(condition: Json) -> None:
    """Raise WrongCondition where the tree is not one, is too deep or too large, or names an unknown operator."""
    if _count(condition, 1) > LARGEST:
        raise WrongCondition(f"A condition has at most {LARGEST} parts.")


def _count(condition: Json, depth: int) -> int:
    if depth > DEEPEST:
        raise WrongCondition(f"A condition is at most {DEEPEST} levels deep.")
    if not isinstance(condition, Mapping):
        raise WrongCondition
    if "field" in condition:
        _check_leaf(condition)
        return 1
    return 1 + sum(_count(part, depth + 1) for part in _parts(condition))


def _check_leaf(condition: Mapping[str, Json]) -> None:
    operator = condition.get("is")
    if condition.keys() - {"field", "is", "value"} or not isinstance(condition["field"], str):
        raise WrongCondition
    if operator != PATTERN and operator not in OPERATORS:
        raise WrongCondition(f"{operator!r} is no comparison; use one of {', '.join([*OPERATORS, PATTERN])}.")


def _parts(condition: Mapping[str, Json]) -> Sequence[Json]:
    match condition:
        case {"all": [*parts], **rest} | {"any": [*parts], **rest} if not rest:
            return parts
        case {"not": part, **rest} if not rest:
            return [part]
    raise WrongCondition


def fields_of(condition: Json) -> frozenset[str]:
    """The paths that a checked condition reads."""
    if "field" in condition:
        return frozenset({condition["field"]})
    return frozenset().union(*map(fields_of, _parts(condition)))


def holds(condition: Json, values: Json, *, read: Callable[[str, Json], Json], matches: Matches) -> bool:
    """Whether the condition is true of `values`; `read` looks up a field's path in them (None where there is nothing)."""
    match condition:
        case {"all": parts}:
            return all(holds(part, values, read=read, matches=matches) for part in parts)
        case {"any": parts}:
            return any(holds(part, values, read=read, matches=matches) for part in parts)
        case {"not": part}:
            return not holds(part, values, read=read, matches=matches)
    found, operator, value = read(condition["field"], values), condition["is"], condition.get("value")
    if operator == PATTERN:
        return isinstance(found, str) and matches(str(value), found)
    return OPERATORS[operator](found, value)
