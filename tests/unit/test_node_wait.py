"""A wait: some seconds, until a time, or for an event."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from orchestrator.contract.errors import Suspended
from orchestrator.nodes.wait import NODE, WrongTime
from tests.fakes.context import FakeContext
from tests.fakes.tool_context import NOW


def test_seconds_count_from_the_start_of_the_round():
    context = FakeContext()
    with pytest.raises(Suspended):
        context.run(NODE, {"seconds": 90})
    assert context.waits["due"] == NOW + timedelta(seconds=90)
    context.due.add("due")
    result = context.run(NODE, {"seconds": 90})
    assert (result.ports, result.output) == (frozenset({"out"}), {"until": "2026-11-05T09:01:30+00:00"})


@pytest.mark.parametrize("until", ["2026-12-01T08:00:00+01:00", "{{ inputs.when }}"])
def test_a_time_is_waited_for_in_utc(until):
    context = FakeContext(values={"inputs": {"when": "2026-12-01T07:00:00Z"}})
    with pytest.raises(Suspended):
        context.run(NODE, {"until": until})
    assert context.waits["due"] == datetime(2026, 12, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(("when", "words"), [("soon", "is no time"), ("2026-12-01T08:00", "no time zone")])
def test_a_template_that_gives_no_time_says_so(when, words):
    with pytest.raises(WrongTime, match=words):
        FakeContext(values={"when": when}).run(NODE, {"until": "{{ when }}"})


def test_an_event_goes_on_with_what_it_brought():
    config = {"event": "paid", "correlation": "{{ inputs.order }}", "timeout": 60}
    context = FakeContext(values={"inputs": {"order": 17}})
    with pytest.raises(Suspended):
        context.run(NODE, config)
    assert context.waits["event"] == {"name": "paid", "correlation": "17", "timeout": 60}
    context.events["event"] = {"sum": 5}
    result = context.run(NODE, config)
    assert (result.ports, result.output) == (frozenset({"out"}), {"event": {"sum": 5}})


def test_an_event_that_does_not_come_takes_the_port_expired():
    result = FakeContext(due={"event"}).run(NODE, {"event": "paid", "timeout": 60})
    assert (result.ports, result.output, result.reason) == (
        frozenset({"expired"}),
        {"event": None},
        "paid did not come in time",
    )


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "one of seconds, until and event"),
        ({"seconds": 1, "event": "x"}, "one of seconds, until and event"),
        ({"seconds": 0}, "greater than 0"),
        ({"until": "tomorrow"}, "is no time"),
        ({"until": "2026-12-01T08:00"}, "no time zone"),
        ({"seconds": 5, "timeout": 6}, "belong to an event"),
    ],
)
def test_a_wrong_setting_is_named(config, words):
    with pytest.raises(ValidationError, match=words):
        NODE.config.model_validate(config)
