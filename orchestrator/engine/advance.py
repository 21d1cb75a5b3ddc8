"""The whole engine in one function: advance(graph, around, command) -> Transition.

Pure: no clock, no database, no randomness. The shell reads what is `around` a command, calls `advance`, applies what comes
back and then its follow-ups, all in one transaction. A command that comes late, twice or from nowhere raises Refused and
changes nothing. Sees one step and its targets, never the whole run.
"""

from typing import assert_never

from orchestrator.engine import people, scopes, settle
from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import (
    Answer,
    Ask,
    Cancel,
    CheckItem,
    CheckScope,
    Command,
    Decide,
    Fail,
    Incident,
    Pause,
    Resume,
    Retry,
    Skip,
    Spawn,
    Succeed,
    TakeBack,
    Wait,
)
from orchestrator.engine.move import Move, Transition
from orchestrator.engine.state import Around


def advance(graph: Graph, around: Around, command: Command) -> Transition:
    """Decide one command. Raises Refused."""
    move = Move(graph=graph, around=around, run=around.run)
    match command:
        case Decide() | Succeed() | Fail() | Incident() | TakeBack() | Ask() | Wait():
            _advance_step(move, command)
        case Spawn() | CheckItem() | CheckScope():
            _advance_scope(move, command)
        case Answer() | Retry() | Skip():
            _advance_people(move, command)
        case Pause():
            people.pause(move)
        case Resume():
            people.resume(move)
        case Cancel():
            people.cancel(move)
        case _:
            assert_never(command)
    return move.finish()


def _advance_step(move: Move, command: Decide | Succeed | Fail | Incident | TakeBack | Ask | Wait) -> None:
    match command:
        case Decide():
            settle.decide(move, command)
        case Succeed():
            settle.succeed(move, command)
        case Fail():
            settle.fail(move, command)
        case Incident():
            settle.incident(move, command)
        case TakeBack():
            settle.take_back(move, command)
        case Ask():
            settle.ask(move, command)
        case Wait():
            settle.wait(move, command)
        case _:
            assert_never(command)


def _advance_scope(move: Move, command: Spawn | CheckItem | CheckScope) -> None:
    match command:
        case Spawn():
            scopes.spawn(move, command)
        case CheckItem():
            scopes.check_item(move, command)
        case CheckScope():
            scopes.check_scope(move, command)
        case _:
            assert_never(command)


def _advance_people(move: Move, command: Answer | Retry | Skip) -> None:
    match command:
        case Answer():
            people.answer(move, command)
        case Retry():
            people.retry(move, command)
        case Skip():
            people.skip(move, command)
        case _:
            assert_never(command)
