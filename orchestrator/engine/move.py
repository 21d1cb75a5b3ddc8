"""Collects what one `advance` changes, and keeps every counter of run, item and scope right while it does.

A step is changed by `put` alone: the difference between its old and its new value moves the counters above it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import CheckItem, CheckScope, Command, Decide
from orchestrator.engine.paths import child_path, is_item_scope
from orchestrator.engine.state import (
    BUSY,
    OPEN,
    STEP_TRANSITIONS,
    Around,
    Question,
    QuestionId,
    Run,
    Scope,
    Step,
    StepStatus,
    run_status,
)
from orchestrator.engine.values import ANY, BatonError, Json, PortName, ScopePath, StepPath


class Refused(BatonError):
    """The command speaks of an attempt, a round or a status that the run has left behind."""

    code = "stale_command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Items `start` to `stop` (not included) of a scope become steps."""

    scope: ScopePath
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """A question to be stored; see messages.Ask."""

    question: Question
    body: str
    due: float | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The open questions of a step, up to a round, are void."""

    path: StepPath
    up_to_round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What a command changes. `next` are follow-up commands of the same transaction."""

    run: Run
    steps: tuple[Step, ...] = ()
    scopes: tuple[Scope, ...] = ()
    questions: tuple[Question, ...] = ()
    asked: tuple[AskedQuestion, ...] = ()
    answers: tuple[tuple[QuestionId, str], ...] = ()
    spawned: tuple[tuple[Scope, str], ...] = ()
    openings: tuple[Opening, ...] = ()
    close_scopes: tuple[ScopePath, ...] = ()
    withdraw: tuple[Withdrawal, ...] = ()
    closes_run: bool = False
    facts: tuple[Json, ...] = ()
    next: tuple[Command, ...] = ()


@dataclass(slots=True)
class Move:
    """Lives no longer than one `advance`."""

    graph: Graph
    around: Around
    run: Run
    steps: dict[StepPath, Step] = field(default_factory=dict)
    scopes: dict[ScopePath, Scope] = field(default_factory=dict)
    questions: dict[QuestionId, Question] = field(default_factory=dict)
    asked: list[AskedQuestion] = field(default_factory=list)
    answers: list[tuple[QuestionId, str]] = field(default_factory=list)
    spawned: list[tuple[Scope, str]] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    close_scopes: list[ScopePath] = field(default_factory=list)
    withdraw: list[Withdrawal] = field(default_factory=list)
    closes_run: bool = False
    facts: list[Json] = field(default_factory=list)
    next: list[Command] = field(default_factory=list)

    def step(self, path: StepPath) -> Step:
        """The step as it is now. Raises Refused where there is none."""
        found = self.steps.get(path) or self.around.steps.get(path)
        if found is None:
            raise Refused(f"There is no step {path!r} yet.", path=path)
        return found

    def claimed(self, path: StepPath, attempt: int) -> Step:
        """The step, if it still runs under this attempt. Raises Refused."""
        step = self.step(path)
        if step.status is not StepStatus.RUNNING or step.attempt != attempt:
            raise Refused(
                f"Step {path!r} is {step.status} at attempt {step.attempt}, not running at {attempt}.", path=path
            )
        return step

    def scope(self, path: ScopePath) -> Scope:
        found = self.scopes.get(path) or self.around.scopes.get(path)
        if found is None:
            raise Refused(f"There is no scope {path!r}.", path=path)
        return found

    def question(self, identity: QuestionId) -> Question | None:
        return self.questions.get(identity) or self.around.questions.get(identity)

    def put(self, old: Step, new: Step) -> Step:
        """Take the new value of a step and move the counters. Raises Refused for a change that the table does not have."""
        if new.status is not old.status and new.status not in STEP_TRANSITIONS[old.status]:
            raise Refused(f"Step {old.path!r} cannot go from {old.status} to {new.status}.", path=old.path)
        self.steps[new.path] = new
        self._withdraw_questions(old, new)
        opened = (new.status in OPEN) - (old.status in OPEN)
        busy = (new.status in BUSY) - (old.status in BUSY)
        failed = is_unhandled(new) - is_unhandled(old)
        self.run = replace(
            self.run,
            ready=self.run.ready + (new.status is StepStatus.READY) - (old.status is StepStatus.READY),
            running=self.run.running + (new.status is StepStatus.RUNNING) - (old.status is StepStatus.RUNNING),
            open=self.run.open + (0 if new.scope else opened),
            failures=self.run.failures + (0 if new.scope else failed),
        )
        if is_item_scope(new.scope):
            self._count_in_item(new.scope, opened, busy, failed)
        elif new.scope:
            self._count_in_scope(old, new, opened, failed)
        return new

    def _withdraw_questions(self, old: Step, new: Step) -> None:
        """What a step asked is void once it is final or begins anew."""
        if old.asks and (new.round > old.round or (old.status in OPEN and new.status not in OPEN)):
            self.withdraw.append(Withdrawal(path=old.path, up_to_round=old.round))

    def _count_in_item(self, scope: ScopePath, opened: int, busy: int, failed: int) -> None:
        if opened or busy or failed:
            item = self.step(StepPath(scope))
            counted = replace(
                item,
                inner_open=item.inner_open + opened,
                inner_busy=item.inner_busy + busy,
                inner_failures=item.inner_failures + failed,
            )
            self.put(item, counted)

    def _count_in_scope(self, old: Step, new: Step, opened: int, failed: int) -> None:
        active = is_active(new) - is_active(old)
        done = (new.status is StepStatus.SUCCEEDED) - (old.status is StepStatus.SUCCEEDED)
        if opened or active or done or failed:
            scope = self.scope(new.scope)
            self.scopes[scope.path] = replace(
                scope,
                open=scope.open + opened,
                active=scope.active + active,
                done=scope.done + done,
                failed=scope.failed + failed,
            )
            if active < 0 or opened < 0 or done or failed:
                self.next.append(CheckScope(path=scope.path))

    def close(self, step: Step, closed: Step, ports: tuple[PortName, ...] | None) -> None:
        """Put a final value and decide the edges of its ports (None: a failure that nothing handles; it decides none)."""
        self.put(step, closed)
        if ports is not None:
            self.next[:0] = self.decisions(closed, ports)
        if is_item_scope(closed.scope):
            self.next.append(CheckItem(path=StepPath(closed.scope)))

    def decisions(self, step: Step, ports: Iterable[PortName]) -> list[Command]:
        """One Decide for each outgoing edge. No ports: all dead (a skip)."""
        taken = set(ports)
        return [
            Decide(
                path=child_path(step.scope, edge.target),
                scope=step.scope,
                live=bool(taken) if edge.port == ANY else edge.port in taken,
            )
            for edge in self.graph.outgoing.get(step.node, ())
        ]

    def ask(self, question: Question, *, body: str, due: float | None = None, event: str | None = None) -> None:
        identity = (question.path, question.round, question.key)
        self.questions[identity] = question
        self.asked.append(AskedQuestion(question=question, body=body, due=due, event=event))

    def finish(self) -> Transition:
        self.run = replace(self.run, status=run_status(self.run))
        fresh = {(one.question.path, one.question.round, one.question.key) for one in self.asked}
        return Transition(
            run=self.run,
            steps=tuple(self.steps.values()),
            scopes=tuple(self.scopes.values()),
            questions=tuple(one for identity, one in self.questions.items() if identity not in fresh),
            asked=tuple(replace(one, question=self.questions[_identity(one.question)]) for one in self.asked),
            answers=tuple(self.answers),
            spawned=tuple((self.scopes.get(scope.path, scope), items) for scope, items in self.spawned),
            openings=tuple(self.openings),
            close_scopes=tuple(self.close_scopes),
            withdraw=tuple(self.withdraw),
            closes_run=self.closes_run,
            facts=tuple(self.facts),
            next=tuple(self.next),
        )


def _identity(question: Question) -> QuestionId:
    return question.path, question.round, question.key


def is_unhandled(step: Step) -> bool:
    """A failure that neither an error port nor a default took."""
    return step.status is StepStatus.FAILED and step.ports is None


def is_active(step: Step) -> bool:
    """Whether an item counts against the cap: ready, running, or with steps inside that are."""
    if step.is_item():
        return step.status is StepStatus.WAITING and step.inner_busy > 0
    return step.status in BUSY
