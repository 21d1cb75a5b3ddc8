"""What people (and timers, events, finished scopes) tell a run: answers, retry, skip, pause, resume, cancel."""

from dataclasses import replace

from orchestrator.engine import settle
from orchestrator.engine.gates import APPROVE, REJECT
from orchestrator.engine.graph import Node
from orchestrator.engine.messages import Answer, Retry, Skip
from orchestrator.engine.move import Move, Refused, is_unhandled
from orchestrator.engine.paths import ancestors, round_scope
from orchestrator.engine.state import FINAL_RUN, Question, Reason, RunStatus, Step, StepStatus
from orchestrator.engine.values import EXPIRED, OUT, REJECTED, PortName, StepPath

AUTOMATIC = "automatic"
"""The reason of a step that went on because nobody decided in time, and its gate says approve."""


def answer(move: Move, command: Answer) -> None:
    """Record an answer, once, and go on where the step waits for it. It is never too early and never lost."""
    identity = (command.path, command.round, command.key)
    question = move.question(identity)
    if question is None or not question.is_open:
        raise Refused("This question has been answered or withdrawn.", path=command.path, key=command.key)
    step = move.step(command.path)
    move.questions[identity] = replace(question, is_open=False)
    move.answers.append((identity, command.answer))
    move.facts.append({"answered": command.key, "step": step.path, "round": command.round, "verdict": command.verdict})
    if step.status is not StepStatus.WAITING or step.round != command.round or not question.waited:
        return
    if command.key == settle.GATE:
        _answer_gate(move, step, command)
    elif question.kind == Reason.INCIDENT:
        _answer_incident(move, step, command)
    else:
        move.put(step, replace(step, status=StepStatus.READY, reason=""))


def _answer_gate(move: Move, step: Step, command: Answer) -> None:
    """The verdict alone decides the edges; the node's code is not run again, unless changes were requested."""
    node = move.graph.nodes[step.node]
    match command.verdict:
        case "approved":
            _go_on(move, step, step)
        case "edited":
            _go_on(move, step, replace(step, original=step.output, output=command.output))
        case "changes_requested" if _may_go_round(node, step):
            move.put(step, new_round(step))
        case "expired":
            _expire(move, step, command.port or (node.gate.on_expiry if node.gate else EXPIRED))
        case _:
            _refuse(move, step, REJECTED, "rejected")


def _expire(move: Move, step: Step, policy: str) -> None:
    """Nobody decided in time: what the gate says then. An approval of nobody is marked as such."""
    if policy == APPROVE:
        _go_on(move, step, step, reason=AUTOMATIC)
    elif policy == REJECT:
        _refuse(
            move, step, REJECTED, "rejected", words="Nobody decided about this output in time: it counts as rejected."
        )
    else:
        _refuse(move, step, PortName(policy), "expired", words="Nobody decided about this output in time.")


def _may_go_round(node: Node, step: Step) -> bool:
    return node.gate is None or step.round <= node.gate.max_rounds


def _go_on(move: Move, step: Step, changed: Step, *, reason: str = "") -> None:
    ports = step.ports or (OUT,)
    move.close(step, replace(changed, status=StepStatus.SUCCEEDED, reason=reason), ports)


def _refuse(
    move: Move, step: Step, port: PortName, code: str, *, words: str = "A reviewer rejected this output."
) -> None:
    if port in move.graph.ports(step.node):
        move.close(step, replace(step, status=StepStatus.SUCCEEDED, ports=(port,), reason=code), (port,))
    else:
        error = f'{{"code": "{code}", "message": "{words}"}}'
        settle.give_up(move, step, replace(step, error=error), code=code)


def _answer_incident(move: Move, step: Step, command: Answer) -> None:
    match command.verdict:
        case "retried":
            move.put(step, replace(new_round(step), crashes=0, tries=0))
        case "skipped":
            ports = (command.port or OUT,)
            done = replace(step, status=StepStatus.SUCCEEDED, reason="typed", output=command.output, ports=ports)
            move.close(step, done, ports)
        case _:
            error = step.error or '{"code": "incident", "message": "A person ended this step."}'
            settle.give_up(move, step, replace(step, error=error), code="incident")


def new_round(step: Step) -> Step:
    """The step again, with an empty journal."""
    return replace(step, status=StepStatus.READY, reason="", round=step.round + 1, begun=False, ports=None, error=None)


def retry(move: Move, command: Retry) -> None:
    """A failed step again in a new round; what failed above it because of it waits again."""
    step = _failed(move, command.path)
    _reopen_above(move, step)
    step = move.step(step.path)
    move.put(step, replace(new_round(step), tries=0, crashes=0))


def skip(move: Move, command: Skip) -> None:
    """A failed step counts as done with the typed output."""
    step = _failed(move, command.path)
    _reopen_above(move, step)
    step = move.step(step.path)
    done = replace(step, status=StepStatus.SUCCEEDED, reason="typed", output=command.output, ports=command.ports)
    move.close(step, done, command.ports)


def _failed(move: Move, path: StepPath) -> Step:
    step = move.step(path)
    if not is_unhandled(step) or step.is_item():
        raise Refused(f"Step {path!r} is {step.status}; only a failed step can be retried or skipped.", path=path)
    if move.run.status in FINAL_RUN:
        raise Refused(f"The run is {move.run.status}. Start a new one.", path=path)
    return step


def _reopen_above(move: Move, step: Step) -> None:
    """Outermost first, so that every counter is moved under a parent that is open."""
    for above in reversed([move.step(path) for path in ancestors(step.scope)]):
        if not above.is_item():
            _reopen_container(move, above, inside=step.path)
        elif above.status is StepStatus.FAILED:
            move.put(above, replace(above, status=StepStatus.WAITING, reason=Reason.SCOPE))


def _reopen_container(move: Move, container: Step, *, inside: StepPath) -> None:
    path = round_scope(container.path, container.round)
    if not inside.startswith(f"{path}[") or is_final_for_good(container):
        raise Refused(f"Step {container.path!r} has gone on without it. Start a new run.", path=container.path)
    scope = move.scope(path)
    if not scope.is_closed:
        return
    move.scopes[scope.path] = replace(scope, is_closed=False)
    question = Question(path=container.path, round=container.round, key=scope.key, kind=Reason.SCOPE, waited=True)
    move.questions[container.path, container.round, scope.key] = question
    if container.status is not StepStatus.WAITING:
        waiting = replace(container, status=StepStatus.WAITING, reason=Reason.SCOPE, worker=None, error=None)
        move.put(container, waiting)


def is_final_for_good(step: Step) -> bool:
    return step.status in (StepStatus.FAILED, StepStatus.SUCCEEDED, StepStatus.CANCELLED) and not is_unhandled(step)


def pause(move: Move) -> None:
    """Nothing new is claimed; what runs finishes."""
    if move.run.status in FINAL_RUN or move.run.paused:
        raise Refused(f"The run is {move.run.status}; there is nothing to pause.")
    move.run = replace(move.run, paused=True)


def resume(move: Move) -> None:
    if not move.run.paused:
        raise Refused(f"The run is {move.run.status}, not paused.")
    move.run = replace(move.run, paused=False)


def cancel(move: Move) -> None:
    """All open steps are closed by one update of the shell; the counters are what they would be then."""
    if move.run.status in FINAL_RUN:
        raise Refused(f"The run is {move.run.status}; it cannot be cancelled any more.")
    move.run = replace(move.run, status=RunStatus.CANCELLED, open=0, ready=0, running=0)
    move.closes_run = True
