"""What pages are made of, as far as it is pure: formats, times, diffs, charts, trees, tones, markup of the tags."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as some

from orchestrator.queries import words as status_words
from ui import charts, diff, formats, json_tree
from ui.status import TONES, tone
from ui.toasts import toast

NOW = datetime(2026, 11, 21, 17, 45, tzinfo=UTC)


def drawn(template: str, /, **values: Any) -> str:
    return " ".join(Template("{% load ui %}" + template).render(Context(values)).split())


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "$0.00"), ("0.00001", "< $0.0001"), (0.0042, "$0.0042"), (Decimal("1.2"), "$1.20"), (1240, "$1,240.00")],
)
def test_money_has_the_places_that_tell_something(value: Any, said: str) -> None:
    assert formats.money(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (980, "980"), (1204, "1.2k"), (34_300, "34k"), (1_500_000, "1.5M")]
)
def test_tokens_are_short(value: int, said: str) -> None:
    assert formats.tokens(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.04, "0.0 s"),
        (3.44, "3.4 s"),
        (12.2, "12 s"),
        (59.7, "1 min 00 s"),
        (timedelta(minutes=2, seconds=5), "2 min 05 s"),
        (3840, "1 h 04 min"),
        (266_400, "3 d 2 h"),
    ],
)
def test_durations_have_two_units_at_most(value: Any, said: str) -> None:
    assert formats.duration(value) == said


@pytest.mark.parametrize(("value", "said"), [(512, "512 B"), (2150, "2.1 KB"), (26_214_400, "25 MB")])
def test_sizes_are_short(value: int, said: str) -> None:
    assert formats.size(value) == said


def test_nothing_known_is_a_dash() -> None:
    assert {formats.money(None), formats.tokens(None), formats.duration(None), formats.size(None)} == {formats.MISSING}


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (30, "now"),
        (90, "1 min ago"),
        (7300, "2 h ago"),
        (-7300, "in 2 h"),
        (200_000, "2 d ago"),
        (40_000_000, "1 y ago"),
    ],
)
def test_times_are_relative(ago: int, said: str) -> None:
    assert formats.relative(NOW - timedelta(seconds=ago), now=NOW) == said


def test_a_time_has_its_exact_value_in_the_title() -> None:
    page = drawn("{% when at %}", at=NOW)
    assert 'datetime="2026-11-21T17:45:00.000Z"' in page
    assert 'title="21 Nov 2026, 17:45:00 UTC"' in page


@pytest.mark.parametrize(
    ("name", "said"),
    [("Ada Lovelace", "AL"), ("ada@example.org", "A"), ("ada.king@x.org", "AK"), ("", "?"), ("Li", "L")],
)
def test_initials_come_from_names_and_addresses(name: str, said: str) -> None:
    assert formats.initials(name) == said


def test_a_diff_shows_words_and_joins_neighbours() -> None:
    pieces = diff.words("We could not reproduce it yet.", "We have found it.")
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("same", "We "),
        ("del", "could not reproduce"),
        ("ins", "have found"),
        ("same", " it"),
        ("del", " yet"),
        ("same", "."),
    ]


@given(before=some.text(max_size=60), after=some.text(max_size=60))
def test_a_diff_holds_both_texts_whole(before: str, after: str) -> None:
    pieces = diff.words(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "ins") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "del") == after
    assert diff.is_changed(pieces) == (before != after)


def test_long_texts_are_compared_by_line() -> None:
    before = "word " * 9000
    assert [piece.kind for piece in diff.words(before + "\nend", before + "\nstop")] == ["same", "del", "ins"]


def test_changes_of_json_name_their_places() -> None:
    before = {"a": 1, "list": [{"x": "one two"}, 2], "gone": True}
    after = {"a": 1.0, "list": [{"x": "one three"}], "new": None}
    found = [(change.path, change.kind, change.before, change.after) for change in diff.changes(before, after)]
    assert found == [
        ("/a", "both", "1", "1.0"),
        ("/list/0/x", "both", "one two", "one three"),
        ("/list/1", "del", "2", ""),
        ("/new", "ins", "", "null"),
        ("/gone", "del", "true", ""),
    ]


def test_a_diff_is_escaped() -> None:
    page = drawn("{% word_diff before after %}", before="<b>", after="<i>")
    assert "<b>" not in page
    assert "<ins>" in page


def test_a_tree_of_json_is_cut_where_it_is_large() -> None:
    tree = json_tree.branch(list(range(1000)))
    assert (tree.count, len(tree.children), tree.children[-1].text) == (1000, 201, "800 more")
    deep: Any = 1
    for _ in range(50):
        deep = [deep]
    assert "json-count" in drawn("{% json value %}", value=deep)


def test_a_tree_of_json_escapes_names_and_texts() -> None:
    page = drawn("{% json value %}", value={"<a>": "<script>"})
    assert "<script>" not in page
    assert "&lt;a&gt;" in page


def test_a_line_fills_its_box_and_an_even_one_does_not_divide_by_zero() -> None:
    assert charts.line([1, 3]) == "0.0,22.0 96.0,2.0"
    assert charts.line([2, 2]) == "0.0,22.0 96.0,22.0"
    assert charts.line([]) == ""


def test_bars_tell_a_day_without_runs_from_a_day_of_failures() -> None:
    none, failed, good = charts.bars([None, 0, 1], most=1)
    assert (none.is_none, failed.is_none, good.is_none) == (True, False, False)
    assert (failed.height, good.height) == (2.0, 24.0)


def test_bars_are_drawn_as_one_path() -> None:
    assert charts.outline(charts.bars([1, 0.5], most=1)) == "M0 0h46v24h-46zM48 12h46v12h-46z"


def test_every_icon_of_a_status_has_a_tone() -> None:
    icons = {word.icon for word in [*status_words._STATUS.values(), *status_words._REASON.values()]}
    assert icons <= set(TONES)


def test_a_pill_shows_icon_word_and_tone_together() -> None:
    page = drawn("{% pill word %}", word=status_words.run_word("failed"))
    assert 'data-tone="failed"' in page
    assert "icons.svg#circle-x" in page
    assert "Failed" in page
    assert tone("a new icon") == "queued"


def test_an_address_that_does_not_exist_is_empty() -> None:
    assert drawn("{% nav_url 'no:such' %}") == ""
    assert drawn("{% nav_url 'no:such' 'home' %}") == "/"
    assert drawn("{% nav_item 'no:such' 'inbox' 'Inbox' %}") == ""


def test_markdown_cannot_bring_script() -> None:
    page = drawn("{{ text|markdown }}", text="**a** <script>alert(1)</script> [x](javascript:alert(1))")
    assert "<strong>a</strong>" in page
    assert "<script" not in page
    assert "href" not in page


def test_a_toast_travels_with_the_answer_and_leaves_other_events() -> None:
    response = HttpResponse()
    response["HX-Trigger"] = '{"baton:inbox": {}}'
    header = toast(response, text="Gelöscht", undo_url="/undo/", seconds=10)["HX-Trigger"]
    assert header.isascii()
    assert '"baton:inbox"' in header
    assert '"undo": "/undo/"' in header
