"""What a table's rows may look like, and which values are the same in a look-up."""

import pytest

from teams.records import MOST_COLUMNS, WrongTable, checked_rows, folded, matches, place_of, places, rows_of_csv


def test_columns_come_in_the_order_of_their_first_appearance() -> None:
    columns, _ = checked_rows([{"id": 1, "name": "Ada"}, {"id": 2, "plan": "pro"}])
    assert columns == ["id", "name", "plan"]


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("Ada", " ADA "),
        ("straße", "STRASSE"),
        (5, "5"),
        (5.0, 5),
        (True, "true"),
        ("\uff21da", "ada"),
        ("MÜLLER", "müller"),
    ],
)
def test_values_are_compared_without_case_blanks_and_kinds(one: object, same: object) -> None:
    assert folded(one) == folded(same)
    assert place_of("Name", one) == place_of("name ", same)


def test_values_of_different_columns_stand_at_different_places() -> None:
    assert place_of("name", "Ada") != place_of("owner", "Ada")


def test_a_value_cannot_pose_as_another_column() -> None:
    assert place_of("a", 'b", "c') != place_of('a", "b', "c")


def test_places_fit_the_databases_big_integers() -> None:
    assert all(-(2**63) <= place_of("n", number) < 2**63 for number in range(1_000))


def test_only_plain_values_can_be_looked_up() -> None:
    assert len(list(places({"a": "x", "b": 1, "c": None, "d": "", "e": ["x"], "f": {"g": 1}}))) == 2


def test_a_row_matches_when_all_values_do() -> None:
    assert matches({"a": "X", "b": 2}, {"a": "x", "b": "2"})
    assert not matches({"a": "X", "b": 2}, {"a": "x", "b": 3})
    assert not matches({"a": "X"}, {"b": 3})


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "at least one row"),
        ([{}], "at least one row"),
        (["Ada"], "Row 1 is no record"),
        ([{"a": 1}, {"": 2}], "Row 2 has a column without a name"),
        ([{"a": 1}, {"A": 2}], "Row 2 calls a column 'A' that is 'a' elsewhere"),
        ([{str(number): 1 for number in range(MOST_COLUMNS + 1)}], "1 to 100 columns"),
        ([{"a": "x" * 70_000}], "Row 1 is larger than 64 KiB"),
    ],
)
def test_a_wrong_table_is_refused_with_the_row_that_is_wrong(rows: list, reason: str) -> None:
    with pytest.raises(WrongTable, match=reason):
        checked_rows(rows)


def test_what_no_database_can_store_is_replaced() -> None:
    _, rows = checked_rows([{"a": "x\x00y\ud800z"}])
    assert rows == [{"a": "x\ufffdy\ufffdz"}]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_file_names_its_columns_in_the_first_line(separator: str) -> None:
    text = "\ufeff" + f"id{separator}name\r\n1{separator}Ada\r\n\r\n2{separator}Bo\r\n"
    assert rows_of_csv(text) == [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bo"}]


def test_a_csv_value_may_hold_separators_and_line_ends() -> None:
    assert rows_of_csv('id,note\n1,"a, b\nc"\n') == [{"id": "1", "note": "a, b\nc"}]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The file is empty"),
        ("id,name\n1\n", "Record 1 has 1 values for 2 columns"),
        ("id,id\n1,2\n", "Two columns have the same name"),
        ('id\n"open\n', "is no CSV"),
    ],
)
def test_a_wrong_csv_file_is_refused_with_the_place(text: str, reason: str) -> None:
    with pytest.raises(WrongTable, match=reason):
        rows_of_csv(text)
