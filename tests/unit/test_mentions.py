"""Whom a text names with @."""

import pytest

from teams.mentions import Person, mentioned

PEOPLE = [
    Person(id=1, email="ada@example.org", name="Ada Lovelace"),
    Person(id=2, email="grace@example.org", name="Grace Hopper"),
    Person(id=3, email="grace@example.com", name="Grace Kelly"),
]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@ada please", [1]),
        ("(@Ada), @ADA!", [1]),
        ("@ada@example.org.", [1]),
        ("@Ada.Lovelace and @grace.hopper", [1, 2]),
        ("@grace could be two people", []),
        ("@grace@example.com is one", [3]),
        ("mail ada@example.org", []),
        ("@nobody @", []),
    ],
)
def test_members_are_named_by_address_or_name(text: str, ids: list[int]) -> None:
    assert mentioned(text, PEOPLE) == ids
