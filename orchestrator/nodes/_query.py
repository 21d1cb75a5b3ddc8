"""JMESPath within limits (security S4): a short expression, a bounded input, and bounded work.

JMESPath has no side effects and no loops of its own, but a short expression can still build or compare values that grow
without end (`[@,@] | [@,@] | ...`). So every step of the interpreter is charged, and every argument of a function and every
operand of a comparison is charged with its whole size before it is used.
"""

import json
from collections.abc import Iterator

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

from orchestrator.contract.errors import NodeError
from orchestrator.engine.values import Json

LONGEST_EXPRESSION = 4 << 10
LARGEST_INPUT = 1 << 20
MOST_WORK = 2_000_000
DEEPEST = 100
_CHARACTERS_PER_UNIT = 16
_TYPES = {
    "array": "a list",
    "list": "a list",
    "object": "an object",
    "dict": "an object",
    "string": "a text",
    "str": "a text",
    "number": "a number",
    "int": "a number",
    "float": "a number",
    "boolean": "true or false",
    "bool": "true or false",
    "null": "nothing",
    "NoneType": "nothing",
    "array-number": "a list of numbers",
    "array-string": "a list of texts",
    "expref": "an expression (&...)",
}


class WrongExpression(NodeError):
    """The JMESPath expression cannot be used. See jmespath.org for how one is written."""

    code = "wrong_expression"


class TooMuchWork(NodeError):
    """The expression works on more than it may. Select less first, or split the work over several nodes."""

    code = "too_much_work"


def check_expression(expression: str) -> None:
    """Raise WrongExpression where it is too long or is none."""
    _parsed(expression)


def search(expression: str, value: Json) -> Json:
    """What the expression finds in the value. Raises WrongExpression, TooMuchWork."""
    parsed = _parsed(expression)
    _check_input(value)
    interpreter = _Charged()
    try:
        found = interpreter.visit(parsed, value)
        interpreter.charge(found)
    except JMESPathTypeError as error:
        raise WrongExpression(f"The expression cannot be used on this input: {_mistyped(error)}.") from None
    except JMESPathError as error:
        raise WrongExpression(f"The expression cannot be used on this input: {str(error)[:200]}") from None
    except RecursionError:
        raise TooMuchWork from None
    except (TypeError, ValueError, OverflowError) as error:
        raise WrongExpression(f"The expression cannot be used on this input: {str(error)[:200]}") from None
    return found


def _mistyped(error: JMESPathTypeError) -> str:
    """Without the value: it may be large, and nobody's business."""
    wanted = " or ".join(_TYPES.get(name, name) for name in error.expected_types)
    return f"{error.function_name}() takes {wanted}, and got {_TYPES.get(error.actual_type, error.actual_type)}"


def _parsed(expression: str) -> Json:
    size = len(expression.encode("utf-8", "replace"))
    if size > LONGEST_EXPRESSION:
        raise WrongExpression(f"An expression has at most {LONGEST_EXPRESSION} bytes; this one has {size}.")
    try:
        return jmespath.compile(expression).parsed
    except (JMESPathError, ValueError) as error:
        raise WrongExpression(f"{expression[:200]!r} is no JMESPath expression: {error}") from None
    except RecursionError:
        raise WrongExpression("The expression is nested too deeply. Write it flatter.") from None


def _check_input(value: Json) -> None:
    size = 0
    for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
        size += len(piece.encode("utf-8", "replace"))
        if size > LARGEST_INPUT:
            raise TooMuchWork("The input of the expression is larger than 1 MiB. Name in `data` only what it needs.")


class _Charged(TreeInterpreter):
    """The interpreter, with a meter. It belongs to one search."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MOST_WORK

    def visit(self, node: Json, *args: Json, **kwargs: Json) -> Json:
        self._take(1)
        return super().visit(node, *args, **kwargs)

    def visit_function_expression(self, node: Json, value: Json) -> Json:
        arguments = [self.visit(child, value) for child in node["children"]]
        for argument in arguments:
            self.charge(argument)
        if node["value"] == "join" and len(arguments) == 2 and isinstance(arguments[0], str):
            self._take(len(arguments[0]) * _length(arguments[1]) // _CHARACTERS_PER_UNIT)
        found = _FUNCTIONS.call_function(node["value"], arguments)
        if node["value"] not in _CHEAP:
            self.charge(found)
        return found

    def visit_comparator(self, node: Json, value: Json) -> Json:
        sides = [self.visit(child, value) for child in node["children"]]
        for side in sides:
            self.charge(side)
        found = [{"type": "literal", "value": side, "children": []} for side in sides]
        same: Json = {**node, "children": found}
        return super().visit_comparator(same, value)

    def visit_flatten(self, node: Json, value: Json) -> Json:
        found = super().visit_flatten(node, value)
        self._take(_length(found))
        return found

    def visit_slice(self, node: Json, value: Json) -> Json:
        self._take(_length(value))
        return super().visit_slice(node, value)

    def charge(self, value: Json) -> None:
        """Take the size of the whole value, shared parts as often as they stand in it."""
        for units in _units(value):
            self._take(units)

    def _take(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise TooMuchWork


_FUNCTIONS = Functions()
_CHEAP = frozenset({"length", "type", "abs", "ceil", "floor", "avg", "sum", "contains", "starts_with", "ends_with"})


def _length(value: Json) -> int:
    return len(value) if isinstance(value, list | dict | str) else 0


def _units(value: Json) -> Iterator[int]:
    """The size of a value, piece by piece, so that counting can stop early. Raises TooMuchWork where it is too deep."""
    open_values: list[tuple[Json, int]] = [(value, 1)]
    while open_values:
        part, depth = open_values.pop()
        if depth > DEEPEST:
            raise TooMuchWork(f"The expression builds a value of more than {DEEPEST} levels. Write it flatter.")
        if isinstance(part, str):
            yield 1 + len(part) // _CHARACTERS_PER_UNIT
        elif isinstance(part, dict):
            yield 1 + sum(1 + len(key) // _CHARACTERS_PER_UNIT for key in part)
            open_values.extend((child, depth + 1) for child in part.values())
        else:
            yield 1
            if isinstance(part, list):
                yield len(part)
                open_values.extend((child, depth + 1) for child in part)
