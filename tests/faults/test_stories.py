"""Faults in real processes, small enough for `make test`. Each is played in a set-up of its own (stories.py)."""

import pytest

from tests import servers
from tests.processes import inside

pytestmark = [pytest.mark.faults, pytest.mark.store]


def plays(story: str, *, workers: int = 1) -> None:
    database = "postgres" if servers.is_postgres() else "sqlite"
    assert inside("tests.faults.stories", [story], database=database, BATON_WORKERS=str(workers)) == 0


def test_a_worker_that_dies_after_a_claim_loses_nothing() -> None:
    plays("crash_at_claim")


def test_a_worker_that_dies_before_its_commit_loses_nothing() -> None:
    plays("crash_at_commit")


def test_a_worker_that_dies_before_its_hints_left_loses_nothing() -> None:
    plays("crash_at_publish")


def test_a_question_is_there_for_people_when_its_worker_dies_right_after_it() -> None:
    plays("crash_after_ask")


def test_a_decision_is_made_wholly_or_not_at_all_when_its_process_dies() -> None:
    plays("crash_at_decision")


def test_when_everything_was_stopped_no_crash_is_counted_and_no_call_repeated() -> None:
    plays("everything_stopped")


def test_the_last_event_of_a_burst_rings_without_any_further_event() -> None:
    plays("last_doorbell")


def test_a_decision_is_answered_while_the_broker_is_stopped() -> None:
    plays("broker_stopped")


def test_paid_calls_are_made_once_when_the_worker_is_killed_between_them() -> None:
    plays("paid_calls")


def test_paid_calls_are_made_once_when_a_release_changes_the_words_of_the_node_type() -> None:
    plays("paid_calls_reworded")


def test_a_charge_of_unknown_outcome_is_asked_about_and_not_repeated() -> None:
    plays("charge_unknown")
