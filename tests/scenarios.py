"""The language of the engine's scenarios: a graph in one line of text, and a world in which its run is played.

    a -> b -> c, b.error -> d        edges; `.port` names the port (without it: out)
    each[draft -> check] -> end_of_it    a container with a body

The world plays the shell in memory: it applies transitions and their follow-ups as the store does in SQL.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.engine.advance import advance
from orchestrator.engine.fold import View, changed_facts, fold, opening_fact, run_facts
from orchestrator.engine.graph import Graph, compile_document
from orchestrator.engine.messages import Answer, Ask, Cancel, Command, Fail, Retry, Skip, Spawn, Succeed, TakeBack, Wait
from orchestrator.engine.move import Transition
from orchestrator.engine.scopes import opened_steps
from orchestrator.engine.start import first_steps
from orchestrator.engine.state import OPEN, Around, Question, QuestionId, Run, Scope, Step, StepStatus, run_status
from orchestrator.engine.values import ScopePath

PART = re.compile(r"\s*(->|,|[\w]+(?:\.[\w*]+)?|\[|\])")


def document(text: str, **nodes: Any) -> dict[str, Any]:
    """The document of a graph in one line; keyword arguments add settings to nodes."""
    tokens = deque(PART.findall(text))
    found = _graph(tokens)
    for key, settings in nodes.items():
        found["nodes"][key].update(settings)
    return found


def graph(text: str, **nodes: Any) -> Graph:
    return compile_document(document(text, **nodes))


def _graph(tokens: deque[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"nodes": {}, "edges": []}
    before: tuple[str, str] | None = None
    while tokens and tokens[0] != "]":
        token = tokens.popleft()
        if token == ",":
            before = None
        elif token != "->":
            key, _, port = token.partition(".")
            node = found["nodes"].setdefault(key, {"type": "noop", "config": {}})
            if tokens and tokens[0] == "[":
                tokens.popleft()
                node["config"]["body"] = _graph(tokens)
                tokens.popleft()
            if before:
                found["edges"].append([*before, key])
            before = (key, port or "out")
    return found


@dataclass
class World:
    """One run in memory. Every verb tells the engine one thing and applies what comes of it."""

    graph: Graph
    run: Run = field(default_factory=Run)
    steps: dict[Any, Step] = field(default_factory=dict)
    scopes: dict[Any, Scope] = field(default_factory=dict)
    questions: dict[QuestionId, Question] = field(default_factory=dict)
    events: list[list[Any]] = field(default_factory=list)
    settled: list[tuple[str, int]] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, **nodes: Any) -> "World":
        return cls(graph(text, **nodes)).begin()

    def begin(self) -> "World":
        self.run, steps = first_steps(self.graph, output='{"message": "hello"}')
        self.steps = {step.path: step for step in steps}
        self.events.append([*changed_facts({}, steps), {"run": self.run.status.value}])
        return self

    def tell(self, command: Command) -> Transition:
        """One commit: the command and all its follow-ups."""
        before, run = dict(self.steps), self.run
        extra: list[Any] = []
        queue, first = deque([command]), None
        while queue:
            around = Around(run=self.run, steps=self.steps, scopes=self.scopes, questions=self.questions)
            done = advance(self.graph, around, queue.popleft())
            first = first or done
            self._apply(done, extra)
            queue.extendleft(reversed(done.next))
        changed = [step for path, step in self.steps.items() if before.get(path) != step]
        self.settled += [(s.path, s.round) for s in changed if s.status is StepStatus.SUCCEEDED and not s.is_item()]
        opened = {path for fact in extra if "opened" in fact for path in fold(View(), [fact]).steps}
        told = changed_facts(before, [step for step in changed if step.path not in opened])
        self.events.append([*extra, *told, *run_facts(run, self.run)])
        assert first
        return first

    def _apply(self, done: Transition, extra: list[Any]) -> None:
        self.run = done.run
        self.steps |= {step.path: step for step in done.steps}
        self.scopes |= {scope.path: scope for scope in done.scopes}
        for question in [*done.questions, *(one.question for one in done.asked)]:
            self.questions[question.path, question.round, question.key] = question
        for opening in done.openings:
            self._open(opening.scope, range(opening.start, opening.stop))
            extra.append(opening_fact(opening, self._entries(opening.scope)))
        for withdrawal in done.withdraw:
            self._withdraw(lambda q, w=withdrawal: q.path == w.path and q.round <= w.up_to_round)
        for scope in done.close_scopes:
            self._close(f"{scope}[")
            extra.append({"closed": scope})
        if done.closes_run:
            self._close("")

    def _entries(self, scope: ScopePath) -> list[str]:
        body = self.graph.bodies[self.steps[self.scopes[scope].container].node]
        return [] if body.single else [key.rpartition("/")[2] for key in body.entries]

    def _open(self, scope: ScopePath, indexes: range) -> None:
        container = self.steps[self.scopes[scope].container].node
        for index in indexes:
            for step in opened_steps(self.graph, container=container, scope=scope, index=index, value=str(index)):
                self.steps[step.path] = step

    def _close(self, prefix: str) -> None:
        for path, step in list(self.steps.items()):
            if path.startswith(prefix) and step.status in OPEN:
                self.steps[path] = replace(step, status=StepStatus.CANCELLED)
                if prefix:
                    ready, running = step.status is StepStatus.READY, step.status is StepStatus.RUNNING
                    self.run = replace(self.run, ready=self.run.ready - ready, running=self.run.running - running)
        self._withdraw(lambda question: question.path.startswith(prefix))

    def _withdraw(self, chosen: Any) -> None:
        for identity, question in list(self.questions.items()):
            if question.is_open and chosen(question):
                self.questions[identity] = replace(question, is_open=False)

    # What the shell and people do

    def ready(self) -> list[str]:
        return [path for path, step in self.steps.items() if step.status is StepStatus.READY]

    def claim(self, path: Any) -> int:
        """The step is claimed by worker 1; its attempt."""
        old = self.steps[path]
        assert self.run.is_claimable(), self.run
        assert old.status is StepStatus.READY, old
        self.steps[path] = replace(old, status=StepStatus.RUNNING, attempt=old.attempt + 1, worker=1, reason="")
        self.run = replace(self.run, ready=self.run.ready - 1, running=self.run.running + 1, started=True)
        self.events.append(changed_facts({path: old}, [self.steps[path]]))
        self._refresh()
        return old.attempt + 1

    def _refresh(self) -> None:
        from_status = self.run
        self.run = replace(self.run, status=run_status(self.run))
        self.events.append(run_facts(from_status, self.run))

    def attempt(self, path: Any) -> int:
        return self.steps[path].attempt

    def running(self, path: Any) -> int:
        return self.attempt(path) if self.steps[path].status is StepStatus.RUNNING else self.claim(path)

    def succeeds(self, path: Any, *ports: Any, output: str = '"done"', gate: bool = False) -> "World":
        attempt = self.running(path)
        asked = Ask(path=path, attempt=attempt, key="gate", kind="output") if gate else None
        self.tell(Succeed(path=path, attempt=attempt, output=output, ports=ports or ("out",), gate=asked))
        return self

    def fails(self, path: Any, *, transient: bool = False, **more: Any) -> "World":
        attempt = self.running(path)
        self.tell(
            Fail(path=path, attempt=attempt, error='{"code": "broken"}', code="broken", transient=transient, **more)
        )
        return self

    def asks(self, path: Any, key: str, kind: str = "input") -> "World":
        self.tell(Ask(path=path, attempt=self.running(path), key=key, kind=kind))
        return self

    def waits(self, path: Any, *keys: str) -> "World":
        self.tell(Wait(path=path, attempt=self.running(path), on=frozenset(keys)))
        return self

    def spawns(self, path: Any, size: int, **more: Any) -> "World":
        self.tell(Spawn(path=path, attempt=self.running(path), key="items", size=size, items="[]", **more))
        return self

    def answers(self, path: Any, key: str, verdict: str = "answered", **more: Any) -> "World":
        self.tell(Answer(path=path, round=self.steps[path].round, key=key, verdict=verdict, **more))
        return self

    def crashes(self, path: Any, *, begun: bool = True) -> "World":
        attempt = self.running(path)
        self.steps[path] = replace(self.steps[path], begun=begun)
        self.tell(TakeBack(path=path, attempt=attempt))
        return self

    def retries(self, path: Any) -> "World":
        self.tell(Retry(path=path))
        return self

    def skips(self, path: Any, output: str = '"typed"') -> "World":
        self.tell(Skip(path=path, output=output))
        return self

    def cancels(self) -> "World":
        self.tell(Cancel())
        return self

    def play(self) -> "World":
        """Everything that is ready succeeds, until nothing is."""
        while self.run.is_claimable() and (ready := self.ready()):
            self.succeeds(ready[0])
        return self

    # What can be seen

    def status(self, path: Any) -> str:
        return self.steps[path].status.value if path in self.steps else "none"

    def view(self) -> View:
        folded = View()
        for facts in self.events:
            folded = fold(folded, facts)
        return folded

    def shown(self) -> View:
        """What the rows say."""
        steps = {str(path): s.status.value for path, s in self.steps.items() if s.status is not StepStatus.PENDING}
        return View(run=self.run.status.value, steps=steps)

    def open_questions(self) -> Iterator[Question]:
        return (question for question in self.questions.values() if question.is_open)
