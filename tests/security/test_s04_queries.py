"""S4: JMESPath is bounded in its text, its input and its work, and it has no side effects."""

import contextlib
import time

import pytest

from orchestrator.nodes._query import (
    LARGEST_INPUT,
    LONGEST_EXPRESSION,
    TooMuchWork,
    WrongExpression,
    check_expression,
    search,
)

ROWS = {"rows": [{"n": number, "name": f"name {number}"} for number in range(2000)]}
DOUBLING = " | ".join(["[@,@]"] * 60)
BOMBS = {
    "a value that doubles at every step": DOUBLING,
    "its text": f"to_string({DOUBLING})",
    "its comparison": f"({DOUBLING}) == ({DOUBLING})",
    "its comparison in a filter": "rows[?" + " | ".join(["[@,@]"] * 40) + " == @]",
    "a text that doubles": "'x' | " + " | ".join(["join('', [@,@])"] * 40),
    "a long separator": "join(to_string(@), map(&'x', rows))",
    "lists that multiply": " | ".join(["[@, @, @, @][]"] * 20),
    "all of it, many times": f"map(&to_string(@), [{', '.join(['@'] * 1000)}])",
    "a sort by something large": f"sort_by(rows, &to_string({' | '.join(['[@,@]'] * 14)}))",
    "objects that double": " | ".join(["{a: @, b: @}"] * 40),
    "contains": f"contains({DOUBLING}, {DOUBLING})",
    "merge": " | ".join(["{a: @, b: merge({x: @}, {y: @})}"] * 30),
    "deep": " | ".join(["[@]"] * 300),
    "reverse": "reverse(" * 20 + "to_string(" + " | ".join(["[@,@]"] * 18) + ")" + ")" * 20,
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_expression_that_grows_without_end_is_stopped_in_time(name):
    begun = time.perf_counter()
    with pytest.raises(TooMuchWork):
        search(BOMBS[name], ROWS)
    assert time.perf_counter() - begun < 4


def test_honest_work_on_a_large_input_is_done():
    assert search("length(rows[?n >= `1990`])", ROWS) == 10
    assert search("sort_by(rows, &name)[0].name", ROWS) == "name 0"
    assert (
        search("rows[*].{number: n, label: join(': ', [to_string(n), name])} | [-1].label", ROWS) == "1999: name 1999"
    )


def test_an_expression_is_at_most_4_kib():
    with pytest.raises(WrongExpression, match="at most 4096 bytes"):
        check_expression("a" * (LONGEST_EXPRESSION + 1))


@pytest.mark.parametrize("expression", ["(" * 2000 + "a" + ")" * 2000, "!" * 4000 + "a", "a[?" * 600])
def test_an_expression_that_is_nested_too_deeply_is_refused(expression):
    with pytest.raises(WrongExpression):
        check_expression(expression)


def test_the_input_is_at_most_a_mebibyte():
    with pytest.raises(TooMuchWork, match="larger than 1 MiB"):
        search("a", {"a": "ä" * (LARGEST_INPUT // 2)})


@pytest.mark.parametrize("path", ["__class__", "text.__class__", "text.upper", "list.append", "keys(text)"])
def test_it_reads_keys_and_never_attributes(path):
    with contextlib.suppress(WrongExpression):
        assert search(path, {"text": "x", "list": [1]}) is None


@pytest.mark.parametrize("call", ["open('/etc/passwd')", "env('HOME')", "http('x')", "eval('1')", "_private(@)"])
def test_there_are_no_functions_that_reach_out(call):
    with pytest.raises(WrongExpression, match="Unknown function"):
        search(call, {})


def test_an_error_tells_the_type_and_not_the_data():
    with pytest.raises(WrongExpression) as caught:
        search("sum(rows)", {"rows": [{"card": "4111 1111"}] * 1000})
    assert "sum() takes a list of numbers" in str(caught.value)
    assert "4111" not in str(caught.value)
