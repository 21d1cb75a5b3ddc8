"""Words that runs are found by, and the two databases' ways to write them."""

from history.search_words import ROOM, as_match, as_tsquery, as_tsvector, searchable, terms_of, words_of


def test_words_are_folded_letters_and_digits() -> None:
    assert words_of("Straße, RE-17: \uff21da@Example.org\x00!") == ["strasse", "re", "17", "ada", "example", "org"]


def test_a_word_of_three_letters_finds_what_begins_with_it() -> None:
    plain, short = terms_of("refund re")
    assert (plain.words, plain.is_prefix) == (("refund",), True)
    assert (short.words, short.is_prefix) == (("re",), False)


def test_quotation_marks_make_a_phrase_and_signs_join_words() -> None:
    phrase, address = terms_of('"lost parcel" ada@example.org')
    assert (phrase.words, phrase.is_prefix) == (("lost", "parcel"), False)
    assert (address.words, address.is_prefix) == (("ada", "example", "org"), True)


def test_nothing_that_is_asked_is_syntax() -> None:
    hostile = terms_of('a\') OR 1=1 --  words:* NEAR(x) {team} : "t2" \\ !& \x00 \u0663')
    for text in (as_match(hostile), as_tsquery(hostile)):
        assert not set(text) - set("abcdefghijklmnopqrstuvwxyz0123456789 '\"*:&()<->AND\u0663")
    assert as_match(terms_of('"')) == ""
    assert terms_of("!? ** --") == ()


def test_values_are_searched_without_the_names_of_their_fields() -> None:
    assert searchable([{"message": "Hello", "more": [1.5, True, None, {"deep": "World"}]}, "end"]) == [
        "hello", "1", "5", "world", "end",
    ]  # fmt: skip


def test_a_large_value_is_indexed_as_far_as_there_is_room() -> None:
    found = searchable(["word " * ROOM, "last"])
    assert sum(len(word) + 1 for word in found) <= ROOM + 10
    assert "last" not in found


def test_places_of_a_word_are_bounded() -> None:
    written = as_tsvector(["a"] * 20_000 + ["b"])
    assert written.startswith("'a':1,2,3,")
    assert written.endswith("'b':16383")
    assert len(written) < 2_000
