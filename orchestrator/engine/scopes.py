"""Containers: one step whose body runs once per item, in a scope of the same run."""

from dataclasses import replace

from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import Answer, CheckItem, CheckScope, Spawn
from orchestrator.engine.move import Move, Opening
from orchestrator.engine.paths import child_path, item_path, round_scope
from orchestrator.engine.state import Question, Reason, Scope, Step, StepStatus
from orchestrator.engine.values import NodeKey, ScopePath

AHEAD = 500
"""Items that are opened together, and at most so many (or twice the cap) are open at a time."""


def spawn(move: Move, command: Spawn) -> None:
    """Open the first items; the step waits under `key` until all are done. An empty list is the caller's to see."""
    step = move.claimed(command.path, command.attempt)
    scope = Scope(
        path=round_scope(step.path, step.round),
        container=step.path,
        round=step.round,
        key=command.key,
        size=command.size,
        cap=command.cap,
        stop_on_error=command.stop_on_error,
    )
    move.spawned.append((scope, command.items))
    move.scopes[scope.path] = scope
    question = Question(path=step.path, round=step.round, key=command.key, kind=Reason.SCOPE, waited=True)
    move.ask(question, body="null")
    move.put(step, replace(step, worker=None, status=StepStatus.WAITING, reason=Reason.SCOPE))
    _open_more(move, scope)


def _open_more(move: Move, scope: Scope) -> None:
    count = min(room(scope), scope.size - scope.next)
    if count > 0:
        stop = scope.next + count
        move.openings.append(Opening(scope=scope.path, start=scope.next, stop=stop))
        entries = len(move.graph.bodies[move.step(scope.container).node].entries)
        move.scopes[scope.path] = replace(scope, next=stop, open=scope.open + count, active=scope.active + count)
        move.run = replace(move.run, ready=move.run.ready + count * entries)


def room(scope: Scope) -> int:
    """How many more items may be opened now. Without a cap they come in chunks, before the last chunk is used up."""
    if scope.cap:
        return min(scope.cap - scope.active, max(2 * scope.cap, AHEAD) - scope.open)
    return AHEAD if scope.open <= AHEAD // 2 else 0


def check_item(move: Move, command: CheckItem) -> None:
    """An item is done when none of its steps is open; it failed if one of them did and nothing handled it."""
    item = move.step(command.path)
    if item.inner_open or item.status is not StepStatus.WAITING:
        return
    status = StepStatus.FAILED if item.inner_failures else StepStatus.SUCCEEDED
    move.put(item, replace(item, status=status))


def check_scope(move: Move, command: CheckScope) -> None:
    """Open more items, or answer the container's question: `done`, or `failed` when the first failure ends it."""
    scope = move.scope(command.path)
    if scope.is_closed:
        return
    is_over = scope.done + scope.failed == scope.size or (scope.stop_on_error and scope.failed > 0)
    if not is_over:
        _open_more(move, scope)
        return
    move.scopes[scope.path] = replace(scope, is_closed=True)
    verdict = "failed" if scope.stop_on_error and scope.failed else "done"
    move.next.append(
        Answer(path=scope.container, round=scope.round, key=scope.key, verdict=verdict, answer=f'"{verdict}"')
    )


def opened_steps(graph: Graph, *, container: NodeKey, scope: ScopePath, index: int, value: str) -> list[Step]:
    """The steps that item `index` begins with. The shell makes the same rows for a whole chunk in SQL.

    A body of one node is the item itself; else the item has a row of its own and its entries are ready inside it.
    """
    body = graph.bodies[container]
    item = item_path(scope, index)
    if body.single:
        node = graph.nodes[body.single]
        return [
            Step(
                path=item,
                node=node.key,
                scope=scope,
                queue=node.queue,
                quick=node.quick,
                status=StepStatus.READY,
                live=1,
                input=value,
            )
        ]
    own = Step(
        path=item,
        node=NodeKey(f"{container}/"),
        scope=scope,
        status=StepStatus.WAITING,
        reason=Reason.SCOPE,
        inner_open=len(body.entries),
        inner_busy=len(body.entries),
        input=value,
    )
    inner = ScopePath(item)
    nodes = [graph.nodes[key] for key in body.entries]
    return [own] + [
        Step(
            path=child_path(inner, node.key),
            node=node.key,
            scope=inner,
            queue=node.queue,
            quick=node.quick,
            status=StepStatus.READY,
            live=1,
        )
        for node in nodes
    ]
