"""When a connection rests, and how it comes back: the table and the pauses of the circuit breaker, without a clock."""

from functools import reduce

import pytest

from orchestrator.engine.breaker import (
    BREAKER_TRANSITIONS,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_PROBE,
    MOST_FAILURES,
    Breaker,
    BreakerState,
    Signal,
    after,
    seconds_to_wait,
)
from orchestrator.engine.retry import LONGEST_RETRY_AFTER

NOW = 1000.0


def told(*signals: Signal, now: float = NOW, breaker: Breaker | None = None) -> Breaker:
    return reduce(lambda found, signal: after(found, signal=signal, now=now), signals, breaker or Breaker())


def opened() -> Breaker:
    return told(*[Signal.FAILED] * MOST_FAILURES)


def test_too_many_failures_in_a_row_open_it_and_one_fewer_do_not() -> None:
    assert told(*[Signal.FAILED] * (MOST_FAILURES - 1)).state is BreakerState.CLOSED
    assert opened() == Breaker(state=BreakerState.OPEN, failures=MOST_FAILURES, due=NOW + FIRST_PAUSE)


def test_a_success_between_failures_begins_the_count_anew() -> None:
    row = [*[Signal.FAILED] * (MOST_FAILURES - 1), Signal.SUCCEEDED, *[Signal.FAILED] * (MOST_FAILURES - 1)]
    assert told(*row).state is BreakerState.CLOSED


def test_calls_wait_until_the_pause_is_over() -> None:
    assert seconds_to_wait(opened(), now=NOW + 4) == FIRST_PAUSE - 4
    assert seconds_to_wait(opened(), now=NOW + FIRST_PAUSE) == 0
    assert seconds_to_wait(Breaker(), now=NOW) == 0


@pytest.mark.parametrize("signal", [Signal.SUCCEEDED, Signal.FAILED])
def test_what_was_under_way_when_it_opened_changes_nothing(signal: Signal) -> None:
    assert told(signal, breaker=opened()) == opened()


def test_the_one_that_tries_closes_it_by_a_success() -> None:
    trying = told(Signal.DUE, breaker=opened(), now=NOW + 10)
    assert (trying.state, trying.due) == (BreakerState.HALF_OPEN, NOW + 10 + LONGEST_PROBE)
    assert told(Signal.SUCCEEDED, breaker=trying) == Breaker()


def test_each_try_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    found, pauses = opened(), []
    for _ in range(8):
        found = told(Signal.DUE, Signal.FAILED, breaker=found)
        assert found.state is BreakerState.OPEN
        pauses.append(found.due - NOW)
    assert pauses[:4] == [20, 40, 80, 160]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_try_that_never_ends_is_followed_by_another() -> None:
    trying = told(Signal.DUE, breaker=opened())
    again = after(trying, signal=Signal.DUE, now=trying.due)
    assert (again.state, again.due) == (BreakerState.HALF_OPEN, trying.due + LONGEST_PROBE)


def test_a_vendors_retry_after_makes_the_pause_longer_but_not_endless() -> None:
    nearly = told(*[Signal.FAILED] * (MOST_FAILURES - 1))
    assert after(nearly, signal=Signal.FAILED, now=NOW, retry_after=60).due == NOW + 60
    assert after(nearly, signal=Signal.FAILED, now=NOW, retry_after=10**9).due == NOW + LONGEST_RETRY_AFTER


def test_every_state_can_be_left_and_reached() -> None:
    assert {state for state, _ in BREAKER_TRANSITIONS} == set(BreakerState)
    assert set(BREAKER_TRANSITIONS.values()) == set(BreakerState)
