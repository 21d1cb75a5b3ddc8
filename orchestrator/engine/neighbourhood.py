"""Which rows a command may look at: the shell reads them under the run's lock before it calls `advance`."""

from dataclasses import dataclass

from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import (
    Answer,
    Ask,
    Cancel,
    CheckItem,
    CheckScope,
    Command,
    Decide,
    Pause,
    Resume,
    Spawn,
    Wait,
)
from orchestrator.engine.paths import ancestors, child_path, is_item_scope, parent_step, scope_of
from orchestrator.engine.values import NodeKey, ScopePath, StepPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Paths of steps and scopes, and (path, key) of questions; those that do not exist yet are among them."""

    steps: tuple[StepPath, ...] = ()
    scopes: tuple[ScopePath, ...] = ()
    questions: tuple[tuple[StepPath, str], ...] = ()


def needs(graph: Graph, command: Command) -> Needs:
    """What `advance` needs for this command. Only skips, scopes and retries reach further than a step and its targets."""
    match command:
        case Pause() | Resume() | Cancel():
            return Needs()
        case CheckScope():
            container = parent_step(command.path)
            above = (container,) if container else ()
            return Needs(steps=above, scopes=(command.path,))
        case Decide():
            return _near(command.path, command.scope, ())
        case CheckItem():
            return _near(command.path, scope_of(command.path), ())
        case _:
            near = _near(command.path, scope_of(command.path), targets_of(graph, command.path))
            return Needs(steps=near.steps, scopes=near.scopes, questions=_questions(command))


def _near(path: StepPath, scope: ScopePath, targets: tuple[StepPath, ...]) -> Needs:
    if not scope:
        return Needs(steps=(path, *targets))
    above = ancestors(scope)
    scopes = [found for found in map(scope_of, (path, *above)) if found and not is_item_scope(found)]
    return Needs(steps=(path, *targets, *above), scopes=tuple(scopes))


def _questions(command: Command) -> tuple[tuple[StepPath, str], ...]:
    match command:
        case Answer() | Ask() | Spawn():
            return ((command.path, command.key),)
        case Wait():
            return tuple((command.path, key) for key in sorted(command.on))
        case _:
            return ()


def targets_of(graph: Graph, path: StepPath) -> tuple[StepPath, ...]:
    """The steps that the edges of a step lead to."""
    scope = scope_of(path)
    if path.endswith("]"):
        return ()
    key = node_key_of(path)
    return tuple(child_path(scope, edge.target) for edge in graph.outgoing.get(key, ()))


def node_key_of(path: StepPath) -> NodeKey:
    """`each/draft` of `each#2[3]/draft`: the path without rounds and item numbers."""
    parts = []
    for part in path.split("/"):
        name = part.partition("[")[0]
        base, mark, number = name.rpartition("#")
        parts.append(base if mark and number.isdigit() else name)
    return NodeKey("/".join(parts))
