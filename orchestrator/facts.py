"""Who in the apps above listens to what a commit tells. Listeners run inside the commit's transaction: they write rows of
their own app and nothing else, so that a question and its review are stored together or not at all.

config/subscriptions.py hands the list over when Django is ready; the lists are fixed from then on.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from orchestrator.engine.notices import (
    BudgetReached,
    BudgetSet,
    Notice,
    QuestionAnswered,
    QuestionWithdrawn,
    RunClosed,
    StepAsked,
    VersionPublished,
)

Told = TypeVar("Told", StepAsked, QuestionAnswered, RunClosed)
OnAsked = Callable[[StepAsked], None]
OnWithdrawn = Callable[[Sequence[QuestionWithdrawn]], None]
OnAnswered = Callable[[QuestionAnswered], None]
OnClosed = Callable[[RunClosed], None]
OnBudget = Callable[[BudgetReached], None]
OnBudgetSet = Callable[[BudgetSet], None]
OnPublished = Callable[[VersionPublished], None]
OnTick = Callable[[float], None]


@dataclass(slots=True)
class Subscriptions:
    """The listeners of each fact, in the order in which they are called."""

    step_asked: list[OnAsked] = field(default_factory=list)
    question_withdrawn: list[OnWithdrawn] = field(default_factory=list)
    question_answered: list[OnAnswered] = field(default_factory=list)
    run_closed: list[OnClosed] = field(default_factory=list)
    budget_reached: list[OnBudget] = field(default_factory=list)
    budget_set: list[OnBudgetSet] = field(default_factory=list)
    version_published: list[OnPublished] = field(default_factory=list)
    tick: list[OnTick] = field(default_factory=list)


_subscribed = Subscriptions()


def subscribe(
    *,
    step_asked: Iterable[OnAsked] = (),
    question_withdrawn: Iterable[OnWithdrawn] = (),
    question_answered: Iterable[OnAnswered] = (),
    run_closed: Iterable[OnClosed] = (),
    budget_reached: Iterable[OnBudget] = (),
    budget_set: Iterable[OnBudgetSet] = (),
    version_published: Iterable[OnPublished] = (),
    tick: Iterable[OnTick] = (),
) -> None:
    """Add listeners. `tick` listeners get the database's clock; they are called by the sweeper, outside of commits."""
    _subscribed.step_asked += step_asked
    _subscribed.question_withdrawn += question_withdrawn
    _subscribed.question_answered += question_answered
    _subscribed.run_closed += run_closed
    _subscribed.budget_reached += budget_reached
    _subscribed.budget_set += budget_set
    _subscribed.version_published += version_published
    _subscribed.tick += tick


def tell(_run: int, notices: Sequence[Notice]) -> None:
    """Call the listeners of each notice; of all withdrawn questions at once, because a cancelled run may have thousands."""
    withdrawn = [notice for notice in notices if isinstance(notice, QuestionWithdrawn)]
    for listener in _subscribed.question_withdrawn if withdrawn else ():
        listener(withdrawn)
    for notice in notices:
        match notice:
            case StepAsked():
                _each(_subscribed.step_asked, notice)
            case QuestionWithdrawn():
                continue
            case QuestionAnswered():
                _each(_subscribed.question_answered, notice)
            case RunClosed():
                _each(_subscribed.run_closed, notice)


def _each(listeners: Sequence[Callable[[Told], None]], notice: Told) -> None:
    for listener in listeners:
        listener(notice)


def tell_budget(notice: BudgetReached) -> None:
    """Call the listeners of a budget that is reached, in the caller's transaction."""
    for listener in _subscribed.budget_reached:
        listener(notice)


def tell_budget_set(notice: BudgetSet) -> None:
    """Call the listeners of a budget that needs no decision any more, in the caller's transaction."""
    for listener in _subscribed.budget_set:
        listener(notice)


def tell_published(notice: VersionPublished) -> None:
    """Call the listeners of a new version, in the caller's transaction."""
    for listener in _subscribed.version_published:
        listener(notice)


def tick_listeners() -> Sequence[OnTick]:
    """What the sweeper calls at each tick."""
    return tuple(_subscribed.tick)
