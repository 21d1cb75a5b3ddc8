"""What may be done with a review in which state, and what the votes about it come to. Pure: no Django.

What may be decided is in `verdicts`, who may do it in `visibility`. The diagram is printed into docs/states.md by `make docs`.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from reviews.errors import WrongState

LEASE_SECONDS = 900
"""How long a claim holds unless it is renewed."""
MOST_UNDO_SECONDS = 3600


class State(StrEnum):
    """Where a review stands. A claim is a row beside it, not a state."""

    OPEN = "open"
    """It waits for people."""
    CONFLICT = "conflict"
    """The votes disagree; somebody must consolidate them."""
    DECIDED = "decided"
    """There is a verdict, and its undo window runs; the run does not know it yet."""
    CLOSED = "closed"
    """The verdict was given to the run."""
    EXPIRED = "expired"
    """Its time was over before anybody decided."""
    WITHDRAWN = "withdrawn"
    """Nobody waits for it any more."""


class Act(StrEnum):
    """What happens to a review; the words of its log."""

    OPEN = "opened"
    CLAIM = "claimed"
    TAKE_OVER = "taken_over"
    RELEASE = "released"
    DECIDE = "decided"
    DISAGREE = "disagreed"
    UNDO = "undone"
    APPLY = "applied"
    EXPIRE = "expired"
    WITHDRAW = "withdrawn"
    ANSWER_ELSEWHERE = "answered_elsewhere"


class Source(StrEnum):
    """From where somebody acted."""

    PAGE = "page"
    API = "api"
    LINK = "link"
    CLI = "cli"
    PRODUCT = "product"
    """Nobody did: a time was over, or the run ended."""


LIVE = frozenset({State.OPEN, State.CONFLICT, State.DECIDED})
"""Nothing leads out of the others."""
UNDECIDED = frozenset({State.OPEN, State.CONFLICT})

TRANSITIONS: Mapping[tuple[State, Act], State] = MappingProxyType(
    {
        (State.OPEN, Act.CLAIM): State.OPEN,
        (State.OPEN, Act.TAKE_OVER): State.OPEN,
        (State.OPEN, Act.RELEASE): State.OPEN,
        (State.CONFLICT, Act.CLAIM): State.CONFLICT,
        (State.CONFLICT, Act.TAKE_OVER): State.CONFLICT,
        (State.CONFLICT, Act.RELEASE): State.CONFLICT,
        (State.OPEN, Act.DECIDE): State.DECIDED,
        (State.OPEN, Act.DISAGREE): State.CONFLICT,
        (State.CONFLICT, Act.DECIDE): State.DECIDED,
        (State.DECIDED, Act.UNDO): State.OPEN,
        (State.DECIDED, Act.APPLY): State.CLOSED,
        **{(state, Act.EXPIRE): State.EXPIRED for state in sorted(LIVE)},
        **{(state, Act.WITHDRAW): State.WITHDRAWN for state in sorted(LIVE)},
        **{(state, Act.ANSWER_ELSEWHERE): State.CLOSED for state in sorted(LIVE)},
    }
)


def after(state: State, act: Act) -> State:
    """The state that an act leads to. Raises WrongState where the table does not have it."""
    try:
        return TRANSITIONS[state, act]
    except KeyError:
        raise WrongState(f"This review is {state}: it cannot be {act.replace('_', ' ')}.", state=state) from None


def states_before(act: Act) -> tuple[State, ...]:
    """The states in which the act is possible: what a conditional update names."""
    return tuple(state for state, found in TRANSITIONS if found is act)


def outcome(votes: Sequence[str], *, needed: int = 1) -> str | None:
    """The verdict that the votes in force come to; None while there are too few of them. The policy is 1 of 1."""
    if len(votes) < needed:
        return None
    return votes[0]


def undo_seconds(*, source: Source, of_queue: int, due_in: float | None) -> int:
    """How long a decision can be taken back before the run hears of it: on the page, and not beyond the due time."""
    if source is not Source.PAGE:
        return 0
    return 0 if due_in is not None and due_in <= of_queue else of_queue


def diagram() -> str:
    """The states as a Mermaid diagram, for docs/states.md."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, act), target in TRANSITIONS.items():
        arrows.setdefault((state, target), []).append(act.replace("_", " "))
    lines = ["stateDiagram-v2", "    [*] --> open: opened"]
    lines += [f"    {state} --> {target}: {', '.join(acts)}" for (state, target), acts in arrows.items()]
    lines += [f"    {state} --> [*]" for state in State if state not in LIVE]
    return "\n".join(lines) + "\n"
