"""Small files, small functions: the second rule of the style guide, measured."""

import ast
from pathlib import Path
from statistics import median, quantiles

from tests.architecture.sources import functions, place, product, tree

LONGEST_FILE, MOST_FILES = 400, 200
LONGEST_FUNCTION, MOST_FUNCTIONS, MEDIAN_FUNCTION = 60, 20, 8
POSITIONAL = 5


def lines_of(path: Path) -> int:
    return path.read_text().count("\n")


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    first = function.body[0]
    is_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def ninetieth(values: list[int]) -> float:
    return quantiles(values, n=10)[-1]


def test_no_file_is_long() -> None:
    found = {place(path): lines_of(path) for path in product()}
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FILE} == {}
    assert ninetieth(list(found.values())) <= MOST_FILES


def test_no_function_is_long() -> None:
    found = {place(path, one.lineno): length(one) for path in product() for one in functions(path)}
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FUNCTION} == {}
    assert ninetieth(list(found.values())) <= MOST_FUNCTIONS
    assert median(found.values()) <= MEDIAN_FUNCTION


def test_no_function_takes_many_positional_arguments() -> None:
    found = {
        place(path, one.lineno): len([*one.args.posonlyargs, *one.args.args])
        for path in product()
        for one in functions(path)
    }
    assert {name: count for name, count in found.items() if count > POSITIONAL + 1} == {}  # + 1 for self


def test_every_module_says_what_it_is_for() -> None:
    silent = [place(path) for path in product() if tree(path).body and not ast.get_docstring(tree(path))]
    assert silent == []


def test_names_say_what_a_module_is_about() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "service", "services", "common", "misc"}
    assert [place(path) for path in product() if path.stem in vague] == []
