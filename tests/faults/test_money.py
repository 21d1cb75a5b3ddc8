"""The oracle of the fault tests finds what does not agree between a server's log and the ledger."""

from collections import Counter

from tests.faults.money import Answered, Booked, disagreements

HERE = (1, "prompt")
ONE, OTHER = (10, 8), (12, 8)


def found(server: Answered, rows: Booked) -> list[str]:
    return list(disagreements(HERE, server, rows))


def test_answers_that_are_booked_with_their_tokens_agree() -> None:
    assert not found(Answered(tokens=Counter([ONE, OTHER])), Booked(certain=Counter([OTHER, ONE])))


def test_a_row_that_nobody_answered_is_found() -> None:
    assert found(Answered(tokens=Counter([ONE])), Booked(certain=Counter([ONE, ONE])))


def test_a_row_with_other_tokens_is_found() -> None:
    assert found(Answered(tokens=Counter([ONE])), Booked(certain=Counter([OTHER])))


def test_an_answer_without_a_row_is_found() -> None:
    assert found(Answered(tokens=Counter([ONE])), Booked())


def test_an_answer_that_is_possibly_billed_agrees() -> None:
    assert not found(Answered(tokens=Counter([ONE])), Booked(possibly=1, possible_tokens=4200))


def test_an_answer_that_is_possibly_billed_for_too_little_is_found() -> None:
    assert found(Answered(tokens=Counter([ONE])), Booked(possibly=1, possible_tokens=5))


def test_an_untrue_usage_is_booked_by_an_estimate() -> None:
    assert not found(Answered(untrue=1), Booked(estimated=1))


def test_an_estimate_of_a_call_whose_usage_was_told_is_found() -> None:
    assert found(Answered(tokens=Counter([ONE])), Booked(estimated=1))
