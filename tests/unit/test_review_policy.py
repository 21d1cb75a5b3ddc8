"""What may be done with a review in which state."""

import pytest

from reviews import policy
from reviews.errors import WrongState
from reviews.policy import LIVE, TRANSITIONS, UNDECIDED, Act, Source, State


def test_every_state_is_reached_and_every_live_one_is_left() -> None:
    assert {state for (_, _), state in TRANSITIONS.items()} == set(State)
    assert {state for state, _ in TRANSITIONS} == LIVE
    assert all(policy.after(state, Act.WITHDRAW) is State.WITHDRAWN for state in LIVE)


@pytest.mark.parametrize("state", sorted(set(State) - LIVE))
def test_nothing_leads_out_of_a_state_that_is_over(state: State) -> None:
    for act in Act:
        with pytest.raises(WrongState):
            policy.after(state, act)


def test_a_decision_is_possible_where_nobody_has_decided() -> None:
    assert set(policy.states_before(Act.DECIDE)) == UNDECIDED


def test_a_decided_review_can_be_undone_or_applied_and_not_decided_again() -> None:
    assert policy.after(State.DECIDED, Act.UNDO) is State.OPEN
    assert policy.after(State.DECIDED, Act.APPLY) is State.CLOSED
    with pytest.raises(WrongState, match="This review is decided"):
        policy.after(State.DECIDED, Act.DECIDE)


def test_one_vote_is_a_verdict() -> None:
    assert policy.outcome([]) is None
    assert policy.outcome(["approved"]) == "approved"
    assert policy.outcome(["approved"], needed=2) is None


@pytest.mark.parametrize(
    ("source", "due_in", "expected"),
    [
        (Source.PAGE, None, 10),
        (Source.PAGE, 60.0, 10),
        (Source.PAGE, 8.0, 0),
        (Source.API, None, 0),
        (Source.CLI, None, 0),
        (Source.LINK, None, 0),
    ],
)
def test_only_the_page_has_an_undo_window_and_only_before_the_due_time(
    source: Source, due_in: float | None, expected: int
) -> None:
    assert policy.undo_seconds(source=source, of_queue=10, due_in=due_in) == expected


def test_the_diagram_shows_every_transition() -> None:
    drawn = policy.diagram()
    assert drawn.startswith("stateDiagram-v2\n    [*] --> open")
    for (state, act), target in TRANSITIONS.items():
        line = next(line for line in drawn.splitlines() if line.strip().startswith(f"{state} --> {target}:"))
        assert act.replace("_", " ") in line
