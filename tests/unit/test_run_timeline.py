"""Where the time of a run's steps went, which chain decided how long it took, and what running side by side saved."""

from typing import Any

import pytest

from history.run.chart import chart
from history.run.critical import Critical, critical, longest_chain
from history.run.names import Names, node_of
from history.run.spans import Called, Change, Kind, Line, covered, lines
from tests.scenarios import graph


def step(path: str, status: str, reason: str = "") -> dict[str, Any]:
    return {"step": path, "status": status, "attempt": 1, "round": 1, **({"reason": reason} if reason else {})}


def story(*told: tuple[float, dict[str, Any]]) -> list[Change]:
    """Commits with one fact each."""
    return [(at, [fact]) for at, fact in told]


def ran(path: str, start: float, end: float) -> list[tuple[float, dict[str, Any]]]:
    return [(start, step(path, "running")), (end, step(path, "succeeded"))]


def shown(found: list[Line]) -> dict[str, list[tuple[str, float]]]:
    return {line.path: [(span.kind.value, span.seconds) for span in line.phases] for line in found}


def test_queue_work_and_people_are_told_apart() -> None:
    told = story(
        (10, step("a", "ready")),
        (12, step("a", "running")),
        (17, step("a", "waiting", "output")),
        (117, step("a", "succeeded")),
    )
    assert shown(lines(told, [], now=500)) == {"a": [("queue", 2), ("work", 5), ("people", 100)]}


@pytest.mark.parametrize("reason", ["retry", "timer", "event", "limit"])
def test_waiting_for_something_else_than_people_is_told_apart(reason: str) -> None:
    told = story(
        (0, step("a", "running")),
        (1, step("a", "waiting", reason)),
        (4, step("a", "running")),
        (5, step("a", "failed")),
    )
    assert shown(lines(told, [], now=9)) == {"a": [("work", 1), ("wait", 3), ("work", 1)]}


def test_what_goes_on_ends_now_and_says_so() -> None:
    (line,) = lines(
        story((10, step("a", "running"))), [Called(path="a", kind="model", target="demo", start=11, end=None)], now=15
    )
    assert (line.phases[0].is_open, line.phases[0].seconds) == (True, 5)
    assert (line.calls[0].is_open, line.calls[0].seconds, line.calls[0].label) == (True, 4, "demo")


def test_a_clock_that_is_behind_makes_no_negative_time() -> None:
    (line,) = lines(
        story((10, step("a", "running"))), [Called(path="a", kind="tool", target="t", start=12, end=None)], now=9
    )
    assert [span.seconds for span in (*line.phases, *line.calls)] == [0, 0]


def test_calls_are_taken_off_the_work_and_parallel_ones_count_once() -> None:
    calls = [
        Called(path="a", kind="model", target="m", start=1, end=4),
        Called(path="a", kind="tool", target="t", start=5, end=8),
        Called(path="a", kind="tool", target="t", start=6, end=9),
    ]
    (line,) = lines(story(*ran("a", 0, 10)), calls, now=10)
    seconds = line.seconds()
    assert (seconds[Kind.MODEL], seconds[Kind.TOOL], seconds[Kind.WORK]) == (3, 4, 3)


def test_items_of_a_container_are_opened_by_their_scope_and_closed_with_it() -> None:
    told: list[Change] = [
        (0.0, [step("each", "running")]),
        (1.0, [step("each", "waiting", "scope"), {"scope": "each", "opened": [0, 2], "entries": ["x"]}]),
        (2.0, [step("each[0]/x", "running")]),
        (3.0, [{"closed": "each"}, step("each", "failed")]),
    ]
    found = shown(lines(told, [], now=9))
    assert found["each"] == [("work", 1), ("inside", 2)]
    assert found["each[0]"] == found["each[1]"] == [("inside", 2)]
    assert found["each[0]/x"] == [("queue", 1), ("work", 1)]
    assert found["each[1]/x"] == [("queue", 2)]


def test_a_cancelled_run_ends_everything() -> None:
    told = story((0, step("a", "running")), (1, step("b", "ready")), (3, {"run": "cancelled"}))
    assert shown(lines(told, [], now=100)) == {"a": [("work", 3)], "b": [("queue", 2)]}


def test_a_step_that_was_skipped_has_no_line() -> None:
    assert lines(story((0, step("a", "skipped"))), [], now=1) == []


def test_time_that_is_covered_twice_counts_once() -> None:
    told = story(*ran("a", 0, 4))
    (line,) = lines(told, [], now=4)
    assert covered([*line.phases, *line.phases]) == 4


def test_the_slower_branch_is_the_critical_one() -> None:
    told = story(*ran("a", 0, 1), *ran("b", 1, 4), *ran("c", 1, 3), *ran("d", 4, 5))
    found = critical(graph("a -> b -> d, a -> c -> d"), lines(told, [], now=5))
    assert found.steps == ("a", "b", "d")
    assert (found.seconds, found.together, found.saved) == (5, 7, 2)


def test_a_queue_counts_for_no_step() -> None:
    told = story((0, step("a", "ready")), *ran("a", 50, 51))
    assert critical(graph("a"), lines(told, [], now=51)).seconds == 1


def test_a_chain_saves_nothing() -> None:
    told = story(*ran("a", 0, 1), *ran("b", 2, 4))
    assert critical(graph("a -> b"), lines(told, [], now=5)).saved == 0


def test_items_that_ran_side_by_side_were_saved_by_their_container() -> None:
    told: list[Change] = [
        (0.0, [step("each", "waiting", "scope"), {"scope": "each", "opened": [0, 3], "entries": []}]),
        *story(*[(0, step(f"each[{index}]", "running")) for index in range(3)]),
        *story(*[(4, step(f"each[{index}]", "succeeded")) for index in range(3)]),
        (4.0, [step("each", "succeeded")]),
    ]
    found = critical(graph("each"), lines(told, [], now=4))
    assert (found.steps, found.seconds, found.together, found.saved) == (("each",), 4, 12, 8)


def test_nothing_has_no_critical_path() -> None:
    found = critical(graph("a"), [])
    assert (found.steps, found.seconds, found.saved) == ((), 0, 0)


def test_the_longest_chain_is_the_heaviest_not_the_one_with_most_steps() -> None:
    earlier = {"a": set(), "b": {"a"}, "c": {"b"}, "x": set(), "d": {"c", "x"}}
    assert longest_chain({"a": 1, "b": 1, "c": 1, "x": 9, "d": 1}, earlier) == ("x", "d")


@pytest.mark.parametrize(
    ("path", "node", "name"),
    [
        ("draft", "draft", "Draft reply"),
        ("each[3]", "each", "Documents · 4"),
        ("each#2[3]/draft", "each/draft", "Summary · 4"),
        ("each[0]/inner[1]/x", "each/inner/x", "x · 1.2"),
        ("end", "end", "End"),
    ],
)
def test_a_step_is_called_by_its_nodes_title_and_its_item(path: str, node: str, name: str) -> None:
    names = Names(titles={"draft": "Draft reply", "each": "Documents", "each/draft": "Summary"})
    assert (node_of(path), names.of(path)) == (node, name)


def test_the_chart_puts_what_is_inside_a_container_behind_it_and_marks_the_critical_path() -> None:
    told = [
        (
            0.0,
            [
                step("each", "waiting", "scope"),
                {"scope": "each", "opened": [0, 2], "entries": ["x"]},
                step("b", "ready"),
            ],
        ),
        (4.0, [step("each[0]/x", "succeeded"), step("each[1]/x", "succeeded"), step("each", "succeeded")]),
        (10.0, [step("b", "succeeded")]),
    ]
    found = lines(told, [], now=10)
    made = chart(found, critical(graph("each[x], b"), found), Names(titles={"b": "Second"}))
    assert [row.path for row in made.rows] == ["b", "each", "each[0]", "each[0]/x", "each[1]", "each[1]/x"]
    assert [(row.name, row.depth, row.is_critical) for row in made.rows[:3]] == [
        ("Second", 0, False),
        ("each", 0, True),
        ("each · 1", 1, False),
    ]
    assert (made.rows[1].phases[0].x, made.rows[1].phases[0].width) == ("0.00%", "40.00%")
    assert [tick.seconds for tick in made.ticks] == [2, 4, 6, 8]


def test_a_bar_that_took_almost_nothing_can_still_be_seen() -> None:
    told = story(*ran("a", 0, 0.001), *ran("b", 0.001, 1000))
    made = chart(lines(told, [], now=1000), Critical(), Names(titles={}))
    assert made.rows[0].phases[0].width == "0.25%"


def test_nothing_has_an_empty_chart() -> None:
    assert chart([], Critical(), Names(titles={})).rows == ()
