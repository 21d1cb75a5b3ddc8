"""What stands on the cards of a run's graph, and how values are shown."""

import json
from typing import Any

import pytest

from history.run.cards import cards, preview
from history.run.values import files_in, shown
from orchestrator.queries.run_nodes import Brief, Items, NodeState, Spent


def state(status: str, reason: str = "", **more: Any) -> NodeState:
    brief = Brief(path="a", status=status, reason=reason, round=1, tries=0, output="", error=more.pop("error", ""))
    return NodeState(node="a", counts={(status, reason): 1}, brief=brief, **more)


def many(**counts: int) -> NodeState:
    return NodeState(node="each/x", counts={(status, ""): count for status, count in counts.items()})


def test_a_card_says_how_long_it_took_and_what_it_used() -> None:
    card = cards(
        {"a": state("succeeded", started_at=10, finished_at=13.4, spent=Spent(tokens=1234, cost=4200))}, now=99
    )["a"]
    assert (card.word.text, card.figures, card.seconds) == ("Succeeded", ("3.4 s", "1.2k tok", "$0.0042"), None)


def test_a_card_that_works_counts_on() -> None:
    card = cards({"a": state("running", started_at=10)}, now=22)["a"]
    assert (card.figures, card.seconds) == (("12 s",), 12)


def test_a_failed_card_shows_its_message() -> None:
    card = cards({"a": state("failed", error='{"code": "x", "message": "Name one of the columns."}')}, now=0)["a"]
    assert card.preview == "Name one of the columns."


@pytest.mark.parametrize(
    ("counts", "status", "word"),
    [
        ({"succeeded": 3, "running": 1}, "running", "3 of 7"),
        ({"succeeded": 7}, "succeeded", "Succeeded, 7 of 7"),
        ({"succeeded": 5, "failed": 2}, "failed", "2 of 7 failed"),
        ({"succeeded": 1, "cancelled": 6}, "succeeded", "Succeeded, 1 of 7"),
        ({"ready": 7}, "running", "0 of 7"),
    ],
)
def test_the_items_of_a_container_are_one_word(counts: dict[str, int], status: str, word: str) -> None:
    each = NodeState(node="each", counts={("waiting", "scope"): 1}, items=Items(size=7, done=0, failed=0))
    card = cards({"each": each, "each/x": many(**counts)}, now=0)["each/x"]
    assert (card.status, card.word.text) == (status, word)


def test_items_that_wait_for_people_say_so_first() -> None:
    found = NodeState(node="each/x", counts={("succeeded", ""): 6, ("waiting", "output"): 1})
    assert cards({"each/x": found}, now=0)["each/x"].word.text == "Needs review"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ({"text": "Dear\nMaren", "turns": 2}, "Dear Maren"),
        ({"routes": ["a", "b"], "reason": "both"}, "a, b: both"),
        ({"result": {"rows": [{"number": "F-1", "amount": 11.9}]}}, "1 row: F-1, 11.9"),
        ([{"n": 1}, {"n": 2}], "2 rows, the first: 1"),
        ({"a": 1}, '{"a": 1}'),
        ([], "[]"),
    ],
)
def test_the_beginning_of_an_output_reads_as_text(value: Any, text: str) -> None:
    assert preview(json.dumps(value)) == text


def test_an_output_that_was_cut_in_the_middle_reads_as_text() -> None:
    assert preview('{"text":"Dear Maren,\\nthank you for your me') == "Dear Maren, thank you for your me"


@pytest.mark.parametrize("reference", ["@abc", "#each|all", ""])
def test_what_is_stored_elsewhere_has_no_preview(reference: str) -> None:
    assert preview(reference) == ""


def test_a_list_of_objects_of_one_shape_is_a_table() -> None:
    found = shown([{"a": 1, "b": "x"}, {"a": 2, "b": None}])
    assert found.table
    assert (found.table.columns, found.table.rows) == (("a", "b"), (("1", "x"), ("2", "")))


@pytest.mark.parametrize("value", [[{"a": 1}, {"b": 1}], [{"a": {"deep": 1}}], [1, 2], {"a": 1}])
def test_what_has_no_one_shape_is_a_tree(value: Any) -> None:
    found = shown(value)
    assert found.table is None
    assert found.rest == value


def test_an_output_with_data_shows_the_data_and_not_its_text_twice() -> None:
    found = shown({"text": '{"a": 1}', "data": {"a": 1}})
    assert (found.text, found.rest) == ("", {"data": {"a": 1}})


def test_what_is_very_long_is_cut_and_says_so() -> None:
    found = shown("x" * 50_000)
    assert found.is_cut
    assert len(found.raw) == len(found.text) == 20_000


def test_nothing_is_nothing() -> None:
    assert shown(None).is_nothing
    assert not shown("").is_nothing


def test_files_are_found_wherever_they_are_named() -> None:
    assert files_in({"a": ["file:1", {"b": "file:2"}], "c": "file:1", "d": "no file"}) == ["1", "2"]
