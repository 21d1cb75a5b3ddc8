"""The filters of the list of runs, read from a query string."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from history.filters import Asked, Filters, read


def asked(**given: str | list[str]) -> Asked:
    return read({name: [value] if isinstance(value, str) else value for name, value in given.items()})


def test_nothing_asked_shows_everything() -> None:
    assert asked() == Asked(filters=Filters())
    assert not asked(status="", q="  ").is_filtered()


def test_every_filter_is_read() -> None:
    found = asked(
        status=["failed", "waiting"], workflow="support", version="3", by="7", trigger="api", cost_from="0.25", cost_to="$2",
        longer="5 min", shorter="2h", since="2026-11-20", until="2026-11-21", waits="me", q=" a lost parcel ",
    )  # fmt: skip
    assert found.faults == ()
    assert found.filters == Filters(
        statuses=("failed", "waiting"),
        workflow="support",
        version=3,
        person=7,
        trigger="api",
        cost_from=250_000,
        cost_to=2_000_000,
        seconds_from=300,
        seconds_to=7200,
        since=datetime(2026, 11, 20, tzinfo=UTC).timestamp(),
        until=datetime(2026, 11, 22, tzinfo=UTC).timestamp(),
        waits_for_me=True,
        text="a lost parcel",
    )


def test_the_same_filters_come_out_as_a_query_string() -> None:
    found = asked(status=["failed", "failed", "waiting"], q='"lost parcel" & more', before="12", unknown="x")
    assert found.query() == "status=failed&status=waiting&q=%22lost+parcel%22+%26+more"
    assert found.written()["q"] == '"lost parcel" & more'


def test_days_are_days_of_the_persons_zone() -> None:
    zone = timezone(timedelta(hours=2))
    found = read({"since": ["2026-11-20"]}, zone=zone).filters
    assert found.since == datetime(2026, 11, 19, 22, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("status", "done", "There is no status 'done'. Choose of: queued"),
        ("version", "three", "a version's number"),
        ("by", "-1", "Choose a person"),
        ("by", "9" * 30, "Choose a person"),
        ("by", "\u0663", "Choose a person"),
        ("cost_from", "cheap", "such as 0.25"),
        ("cost_to", "NaN", "between 0 and 1,000,000"),
        ("cost_to", "-1", "between 0 and 1,000,000"),
        ("longer", "soon", "such as 30 s"),
        ("shorter", "5 weeks", "such as 30 s"),
        ("shorter", "nan", "such as 30 s"),
        ("since", "yesterday", "2026-11-21"),
        ("until", "0001-01-01", "this century"),
        ("waits", "bob", "waits=me"),
        ("q", "a" * 201, "at most 200"),
    ],
)
def test_a_wrong_value_is_told_what_to_write(name: str, text: str, told: str) -> None:
    found = asked(workflow="w", **{name: text})
    assert [fault.name for fault in found.faults] == [name]
    assert told in found.faults[0].text
    assert found.written()[name] == text


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"cost_from": "2", "cost_to": "1"}, "cost_to"),
        ({"longer": "2 h", "shorter": "5 min"}, "shorter"),
        ({"since": "2026-11-21", "until": "2026-11-19"}, "until"),
        ({"version": "3"}, "version"),
    ],
)
def test_what_cannot_be_together_is_told(given: dict[str, str], name: str) -> None:
    assert list(asked(**given).faulty()) == [name]
