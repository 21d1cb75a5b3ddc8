"""The rows around some commands: read, changed by transitions, written, all under one lock."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from orchestrator.engine.fold import changed_facts, opening_fact, run_facts
from orchestrator.engine.graph import Graph
from orchestrator.engine.move import AskedQuestion, Opening, Transition, Withdrawal
from orchestrator.engine.neighbourhood import Needs
from orchestrator.engine.notices import Notice, QuestionAnswered, QuestionWithdrawn, StepAsked
from orchestrator.engine.state import (
    FINAL_RUN,
    PEOPLE,
    Around,
    Question,
    QuestionId,
    Run,
    Scope,
    Step,
    StepStatus,
    run_status,
)
from orchestrator.engine.values import Json, ScopePath, StepPath
from orchestrator.store import sql
from orchestrator.store.database import IS_POSTGRES, array, execute
from orchestrator.store.rows import question_of, run_of, scope_of, step_of, step_rows

DEFAULT_TIMEOUT = 3600.0
"""Seconds that an attempt may take where the node names none."""


class Near:
    """Mutable, and no older than its transaction. Openings, questions and closings are written as they are decided, steps,
    event and counters by one last `write`."""

    def __init__(self, run_id: int, graph: Graph, counters: Sequence[Json]) -> None:
        self.run_id, self.graph = run_id, graph
        self.run, self.asks = run_of(counters)
        self.steps: dict[StepPath, Step] = {}
        self.scopes: dict[ScopePath, Scope] = {}
        self.questions: dict[QuestionId, Question] = {}
        self.stored: dict[StepPath, Step] = {}
        self.changed: dict[StepPath, Step] = {}
        self.changed_scopes: dict[ScopePath, Scope] = {}
        self.openings: list[Opening] = []
        self.known: set[Json] = set()
        self.facts: list[Json] = []
        self.notices: list[Notice] = []

    def around(self) -> Around:
        return Around(run=self.run, steps=self.steps, scopes=self.scopes, questions=self.questions)

    def is_changed(self) -> bool:
        return bool(self.changed or self.facts or self.changed_scopes or self.notices)

    # Reading

    def read(self, wanted: Needs) -> None:
        """Read what is not known yet."""
        missing = [path for path in wanted.steps if path not in self.known]
        if missing:
            self.take_steps(missing, execute(sql.READ_STEPS, [array(missing), self.run_id]).fetchall())
        for scope in wanted.scopes:
            self._read_scope(scope)
        for path, key in wanted.questions:
            self._read_questions(path, key)

    def take_steps(self, paths: Iterable[StepPath], rows: Iterable[Sequence[Json]]) -> None:
        self.known.update(paths)
        for row in rows:
            step = step_of(row)
            if step.path not in self.steps:
                self.steps[step.path] = self.stored[step.path] = step

    def _read_scope(self, path: ScopePath) -> None:
        if ("scope", path) not in self.known:
            self.known.add(("scope", path))
            row = execute(sql.READ_SCOPE, [self.run_id, path]).fetchone()
            if row:
                self.scopes[path] = scope_of(row)

    def _read_questions(self, path: StepPath, key: str) -> None:
        if ("question", path, key) not in self.known:
            self.known.add(("question", path, key))
            for row in execute(sql.READ_QUESTIONS, [self.run_id, path, key]).fetchall():
                question = question_of(row)
                self.questions[question.path, question.round, question.key] = question

    # Changing

    def take(self, done: Transition) -> None:
        """Take what `advance` decided."""
        self.run = done.run
        for step in done.steps:
            self.steps[step.path] = self.changed[step.path] = step
        for scope, items in done.spawned:
            self._insert_scope(scope, items)
        for scope in done.scopes:
            self.scopes[scope.path] = self.changed_scopes[scope.path] = scope
        for opening in done.openings:
            self._open_items(opening)
        self._take_questions(done)
        for (
            withdrawal
        ) in done.withdraw:  # after the answers: a gate's answer closes its step, and must not be withdrawn
            self._withdraw(withdrawal)
        for path in done.close_scopes:
            self._close_scope(path)
        if done.closes_run:
            self._close_run()
        self.facts += done.facts

    def take_claimed(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self.steps[step.path] = self.changed[step.path] = step
            run = replace(self.run, ready=self.run.ready - 1, running=self.run.running + 1, started=True)
            self.run = replace(run, status=run_status(run))

    def candidates(self) -> list[Step]:
        """What is ready, rows and new ones alike; rows come first and in the order in which they were made."""
        return [step for step in self.steps.values() if step.status is StepStatus.READY]

    def opened(self) -> list[tuple[str, bool, int]]:
        """(queue, quick, number) of the steps that this commit made ready and did not claim."""
        found = [(step.queue, step.quick, 1) for step in self.changed.values() if step.status is StepStatus.READY]
        for opening in self.openings:
            for key in self._body(opening.scope).entries:
                node = self.graph.nodes[key]
                found.append((node.queue, node.quick, opening.stop - opening.start))
        return found

    def _body(self, scope: ScopePath):  # type: ignore[no-untyped-def]  # graph.Body
        return self.graph.bodies[self.steps[self.scopes[scope].container].node]

    def _insert_scope(self, scope: Scope, items: str) -> None:
        values = [getattr(scope, name.strip()) for name in sql.SCOPE_COLUMNS.split(",")]
        execute(sql.INSERT_SCOPE, [*values, self.run_id, items])
        self.scopes[scope.path] = scope
        self.known.add(("scope", scope.path))

    def _open_items(self, opening: Opening) -> None:
        """Many rows by one statement; the same rows as engine.scopes.opened_steps."""
        body, container = self._body(opening.scope), self.steps[self.scopes[opening.scope].container].node
        where = [self.run_id, opening.scope, opening.start, opening.stop]
        self.openings.append(opening)
        if body.single:
            node = self.graph.nodes[body.single]
            execute(sql.OPEN_SINGLE, [node.key, node.queue, node.quick, *where])
            self.facts.append(opening_fact(opening, ()))
            return
        count = len(body.entries)
        execute(sql.OPEN_ITEMS, [f"{container}/", count, count, *where])
        names = []
        for key in body.entries:
            node = self.graph.nodes[key]
            names.append(key.rpartition("/")[2])
            execute(sql.OPEN_ENTRY, [names[-1], key, node.queue, node.quick, *where])
        self.facts.append(opening_fact(opening, names))

    def _withdraw(self, withdrawal: Withdrawal) -> None:
        rows = execute(sql.WITHDRAW_OF_STEP, [self.run_id, withdrawal.path, withdrawal.up_to_round]).fetchall()
        self._withdrawn(rows)

    def _withdrawn(self, rows: Iterable[Sequence[Json]]) -> None:
        for question, path, round_number, key, kind in rows:
            self.questions.pop((path, round_number, key), None)
            if kind in PEOPLE:
                self.notices.append(QuestionWithdrawn(run=self.run_id, question=question))
                self.facts.append({"withdrawn": key, "step": path})

    def _take_questions(self, done: Transition) -> None:
        answers = dict(done.answers)
        for question in done.questions:
            identity = (question.path, question.round, question.key)
            self.questions[identity] = question
            if identity in answers:
                self._answer(question, answers[identity])
            else:
                status = "open" if question.is_open else "answered"
                execute(sql.WRITE_QUESTION, [status, question.waited, self.run_id, *identity])
        for asked in done.asked:
            self._ask(asked)

    def _answer(self, question: Question, answer: str) -> None:
        path, round_number, key = question.path, question.round, question.key
        execute(sql.ANSWER_QUESTION, [answer, self.run_id, path, round_number, key])
        if question.kind in PEOPLE:
            self.notices.append(QuestionAnswered(run=self.run_id, path=path, round=round_number, key=key))

    def _ask(self, asked: AskedQuestion) -> None:
        question = asked.question
        identity = (question.path, question.round, question.key)
        values = [*identity, question.kind, question.waited, asked.body, asked.event, asked.due]
        number = execute(sql.INSERT_QUESTION, [self.run_id, *values]).fetchone()[0]
        self.questions[identity] = question
        self.asks = True
        if question.kind in PEOPLE and asked.event is None:
            told = {"asked": question.key, "step": question.path, "round": question.round, "kind": question.kind}
            self.facts.append(told)
            self.notices.append(
                StepAsked(
                    run=self.run_id,
                    question=number,
                    path=question.path,
                    round=question.round,
                    key=question.key,
                    kind=question.kind,
                    body=asked.body,
                )
            )

    def _close_scope(self, path: ScopePath) -> None:
        prefix = f"{path}["
        below = [self.run_id, len(prefix), prefix]
        counts = dict(execute(sql.COUNT_BELOW, below).fetchall())
        execute(sql.CLOSE_BELOW, below)
        ready, running = counts.get("ready", 0), counts.get("running", 0)
        run = replace(self.run, ready=self.run.ready - ready, running=self.run.running - running)
        self.run = replace(run, status=run_status(run))
        self.changed = {at: step for at, step in self.changed.items() if not at.startswith(prefix)}
        self._withdrawn(execute(sql.WITHDRAW_BELOW, below).fetchall())
        self.facts.append({"closed": path})

    def _close_run(self) -> None:
        below = [self.run_id, 0, ""]
        execute(sql.CLOSE_BELOW, below)
        if self.asks:
            self._withdrawn(execute(sql.WITHDRAW_BELOW, below).fetchall())

    # Writing

    def write(self, seq: int, before: Run) -> None:
        """The steps, the event and the run's counters."""
        for scope in self.changed_scopes.values():
            counters = [scope.next, scope.open, scope.active, scope.done, scope.failed, scope.is_closed]
            execute(sql.WRITE_SCOPE, [*counters, self.run_id, scope.path])
        facts = [*self.facts, *changed_facts(self.stored, self.changed.values()), *run_facts(before, self.run)]
        steps = [self.run_id, step_rows(self.changed.values(), self.graph.nodes, DEFAULT_TIMEOUT)]
        event = [self.run_id, seq, json.dumps(facts, ensure_ascii=False, separators=(",", ":"))]
        counters = self._counters(seq)
        if IS_POSTGRES:
            execute(sql.WRITE_ALL, [*steps, *event, *counters])
        else:
            execute(sql.WRITE_STEPS, steps)
            execute(sql.WRITE_EVENT, event)
            execute(sql.WRITE_RUN, counters)

    def _counters(self, seq: int) -> list[Json]:
        run = self.run
        counts = [run.open, run.ready, run.running, run.failures, run.started, run.paused, self.asks]
        return [seq, run.status.value, *counts, run.status in FINAL_RUN or run.status == "failed", self.run_id]
