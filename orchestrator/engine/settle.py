"""What becomes of a step that is decided, or whose code has come to something."""

import json
from collections.abc import Iterable
from dataclasses import replace

from orchestrator.engine.graph import Node
from orchestrator.engine.messages import Ask, Decide, Fail, Incident, Succeed, TakeBack, Wait
from orchestrator.engine.move import Move, Refused
from orchestrator.engine.paths import round_scope
from orchestrator.engine.retry import delay
from orchestrator.engine.state import PEOPLE, Question, Reason, Step, StepStatus
from orchestrator.engine.values import ERROR, OUT, NodeKey, PortName, ScopePath, StepPath

GATE = "gate"
INCIDENT = "incident"
MOST_CRASHES = 3


def fresh_step(move: Move, path: StepPath, scope: ScopePath) -> Step:
    """A step before its first edge is decided."""
    key = node_key(move, path, scope)
    node = move.graph.nodes[key]
    return Step(
        path=path, node=key, scope=scope, queue=node.queue, quick=node.quick, undecided=move.graph.indegree[key]
    )


def node_key(move: Move, path: StepPath, scope: ScopePath) -> NodeKey:
    """The node of a step inside an item is one of its item's body."""
    if not scope:
        return NodeKey(path)
    prefix = move.step(StepPath(scope)).node
    return NodeKey(prefix + path[len(scope) + 1 :])


def decide(move: Move, command: Decide) -> None:
    """At the last undecided edge the step opens if one edge is live, else it is skipped and the skip goes on."""
    old = move.steps.get(command.path) or move.around.steps.get(command.path)
    old = old or fresh_step(move, command.path, command.scope)
    step = replace(old, undecided=old.undecided - 1, live=old.live + command.live)
    if old.undecided < 1:
        raise Refused(f"Step {old.path!r} has been decided.", path=old.path)
    if step.undecided:
        move.put(old, step)
    elif step.live:
        move.put(old, replace(step, status=StepStatus.READY))
    else:
        move.close(old, replace(step, status=StepStatus.SKIPPED), ())


def succeed(move: Move, command: Succeed) -> None:
    """The output is there. A gate asks first; the verdict alone decides the edges then."""
    step = move.claimed(command.path, command.attempt)
    done = replace(step, worker=None, output=command.output, ports=command.ports, reason=command.mark, error=None)
    if command.gate is None:
        move.close(step, replace(done, status=StepStatus.SUCCEEDED), command.ports)
        return
    question = Question(path=step.path, round=step.round, key=GATE, kind=command.gate.kind, waited=True)
    move.ask(question, body=command.gate.body, due=command.gate.due, event=command.gate.event)
    move.put(step, replace(done, status=StepStatus.WAITING, reason=command.gate.kind, asks=True))


def fail(move: Move, command: Fail) -> None:
    """Try again, in the same round after a transient call error, in a new one after an error of the node; else give up."""
    step = move.claimed(command.path, command.attempt)
    policy = move.graph.nodes[step.node].retry
    tried = replace(step, worker=None, tries=step.tries + 1, error=command.error)
    seconds = None
    if command.transient or policy.node_errors:
        seconds = delay(policy, tries=tried.tries, jitter=command.jitter, retry_after=command.retry_after)
    if seconds is None:
        give_up(move, step, tried, code=command.code)
    elif command.transient:
        _wait_for_retry(move, step, tried, seconds)
    elif command.repeatable:
        _wait_for_retry(move, step, replace(tried, round=step.round + 1, output=None), seconds)
    else:
        _ask_incident(move, step, tried, code="would_repeat_tool", body=command.error)


def give_up(move: Move, step: Step, tried: Step, *, code: str) -> None:
    """The step has failed: a default or an error port takes it, or nothing does. A verdict's own port is tried first."""
    node = move.graph.nodes[step.node]
    port = handling_port(move, step, node, code)
    if port is not None:
        output = f'{{"error": {tried.error or "null"}}}'
        move.close(step, replace(tried, status=StepStatus.FAILED, ports=(port,), reason=code, output=output), (port,))
        _close_own_scope(move, step)
    elif node.on_error == "default":
        output = json.dumps(node.default)
        done = replace(tried, status=StepStatus.SUCCEEDED, ports=(OUT,), reason="default", output=output)
        move.close(step, done, (OUT,))
        _close_own_scope(move, step)
    else:
        move.close(step, replace(tried, status=StepStatus.FAILED, ports=None, reason=code), None)


def handling_port(move: Move, step: Step, node: Node, code: str) -> PortName | None:
    wired = move.graph.ports(step.node)
    if code in wired:
        return PortName(code)
    return ERROR if node.on_error == "port" and ERROR in wired else None


def _close_own_scope(move: Move, step: Step) -> None:
    if step.node in move.graph.bodies:
        move.close_scopes.append(round_scope(step.path, step.round))


def _wait_for_retry(move: Move, step: Step, tried: Step, seconds: float) -> None:
    question = Question(path=step.path, round=tried.round, key=f"retry:{tried.tries}", kind=Reason.RETRY, waited=True)
    move.ask(question, body="null", due=seconds)
    move.put(step, replace(tried, status=StepStatus.WAITING, reason=Reason.RETRY))


def incident(move: Move, command: Incident) -> None:
    """Stop and ask people: retry, skip with an output, or fail."""
    step = move.claimed(command.path, command.attempt)
    _ask_incident(move, step, replace(step, worker=None), code=command.code, body=command.body)


def _ask_incident(move: Move, step: Step, changed: Step, *, code: str, body: str) -> None:
    question = Question(
        path=step.path, round=changed.round, key=f"{INCIDENT}:{step.attempt}:{code}", kind=Reason.INCIDENT, waited=True
    )
    move.ask(question, body=body)
    move.put(step, replace(changed, status=StepStatus.WAITING, reason=Reason.INCIDENT, asks=True))


def take_back(move: Move, command: TakeBack) -> None:
    """Ready again in the same round. A step that had begun counts the crash; the third asks people."""
    step = move.claimed(command.path, command.attempt)
    back = replace(step, worker=None, crashes=step.crashes + (command.crashed and step.begun))
    if command.crashed and step.begun and back.crashes >= MOST_CRASHES:
        _ask_incident(move, step, back, code="crashed_three_times", body="null")
    else:
        move.put(step, replace(back, status=StepStatus.READY))


def ask(move: Move, command: Ask) -> None:
    """Write the question; the step goes on. The same key again in the round changes nothing (a replay asks again)."""
    step = move.claimed(command.path, command.attempt)
    if move.question((step.path, step.round, command.key)) is None:
        question = Question(path=step.path, round=step.round, key=command.key, kind=command.kind)
        move.ask(question, body=command.body, due=command.due, event=command.event)
        move.put(step, replace(step, asks=True))


def wait(move: Move, command: Wait) -> None:
    """Sleep until one of the keys is answered. An answer that came first is never lost: then the step is ready at once."""
    step = move.claimed(command.path, command.attempt)
    found = [move.question((step.path, step.round, key)) for key in sorted(command.on)]
    if not found or any(question is None or not question.is_open for question in found):
        move.put(step, replace(step, worker=None, status=StepStatus.READY))
        return
    questions = [question for question in found if question is not None]
    for question in questions:
        move.questions[question.path, question.round, question.key] = replace(question, waited=True)
    move.put(step, replace(step, worker=None, status=StepStatus.WAITING, reason=waiting_reason(questions)))


def waiting_reason(questions: Iterable[Question]) -> Reason:
    """People first: what a person could do something about is what the page says."""
    kinds = [Reason(question.kind) for question in questions]
    return min(kinds, key=lambda kind: (kind not in PEOPLE, list(Reason).index(kind)))
