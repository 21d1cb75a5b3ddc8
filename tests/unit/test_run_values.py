"""How an input or an output is shown."""

from history.run.values import shown

PROSE = "Hello Maren,\n\nThank you for your message."


def test_a_text_is_read_as_text() -> None:
    assert shown(PROSE).text == PROSE
    assert shown({"text": PROSE, "data": None, "tokens": 4}).rest == {"data": None, "tokens": 4}


def test_the_longer_texts_of_an_object_are_read_as_text_and_the_rest_stands_beside_them() -> None:
    found = shown({"reply": PROSE, "customer": "C-1001", "found": True})
    assert found.texts == (("reply", PROSE),)
    assert found.rest == {"customer": "C-1001", "found": True}
    assert PROSE.replace("\n", "\\n") in found.raw


def test_what_has_no_blank_is_no_text() -> None:
    assert shown({"digest": "f" * 200}).texts == ()


def test_rows_of_one_shape_are_a_table() -> None:
    table = shown([{"a": 1, "b": None}, {"a": "x", "b": True}]).table
    assert table is not None
    assert (table.columns, table.rows) == (("a", "b"), (("1", ""), ("x", "true")))


def test_nothing_is_said_to_be_nothing() -> None:
    assert shown(None).is_nothing
