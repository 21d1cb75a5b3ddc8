"""What one message makes a worker do: claim, run, settle and claim the next in the same commit, until nothing is ready."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError

from orchestrator.dispatch import outbox
from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import Command
from orchestrator.engine.state import Step
from orchestrator.engine.values import Json
from orchestrator.operations import work
from orchestrator.operations.work import Committed
from orchestrator.queries import steps
from orchestrator.queries.steps import RunFacts
from orchestrator.worker import committers
from orchestrator.worker.context import StepContext
from orchestrator.worker.held import Held, holding
from orchestrator.worker.identity import identity
from orchestrator.worker.step import Done, execute

MOST_COMMITS = 50
LONGEST_QUICK = 1.0
"""Seconds of quick work after which others get their turn; a step that waited for a call may go on."""
PATIENCE = 60.0
"""Seconds for which a result is kept while the database is away."""

draining = threading.Event()
"""Set when the process ends: nothing new is claimed."""
logger = logging.getLogger(__name__)


@dataclass
class Turn:
    """The work of one message on one run and queue."""

    run: int
    queue: str
    graph: Graph | None = None
    facts: RunFacts | None = None
    commits: int = 0
    started: float = field(default_factory=time.monotonic)
    done: list[Done] = field(default_factory=list)
    held: set[Held] = field(default_factory=set)
    outputs: dict[str, Json] = field(default_factory=dict)

    def work(self) -> None:
        """Go on until nothing is ready, or it is others' turn."""
        try:
            while self._go():
                pass
        finally:  # after an error nobody works on these any more: the pulse takes them back
            holding.remove(self.held)

    def _go(self) -> bool:
        may_claim = self._may_claim()
        result = self._commit(may_claim)
        self.graph = result.graph or self.graph
        if result.refused:
            self.outputs.clear()  # another attempt's result counts
        holding.remove(self.held)
        self.held = {Held(self.run, step.path, step.attempt) for step in result.steps}
        holding.add(self.held)
        self.commits += 1
        is_others_turn = not may_claim and identity.may_claim()  # without a lease the sweep of another process wakes
        if is_others_turn and not result.is_urgent() and not result.wakeups:
            outbox.wake(run=self.run, queue=self.queue)
        self.done = [self._execute(step) for step in result.steps]
        if not all(step.quick for step in result.steps):
            self.started = time.monotonic()
        return bool(self.done)

    def _may_claim(self) -> bool:
        quick_enough = self.commits < MOST_COMMITS and time.monotonic() - self.started < LONGEST_QUICK
        return quick_enough and not draining.is_set() and identity.may_claim()

    def _commit(self, may_claim: bool) -> Committed:  # noqa: FBT001
        commands: Sequence[Command] = [done.command for done in self.done if done.command is not None]
        kept = [one for done in self.done for one in done.kept]
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return committers.run(
                    work.go_on,
                    run=self.run,
                    worker=identity.number,
                    queue=self.queue,
                    commands=commands,
                    kept=kept,
                    graph=self.graph,
                    may_claim=may_claim,
                )
            except (DatabaseError, InterfaceError):
                if not commands or time.monotonic() > until:
                    raise
                logger.warning("result kept while the database is away", extra={"run": self.run})
                time.sleep(0.5)  # a result of a first try that came through is refused: its attempt is over

    def _execute(self, step: Step) -> Done:
        if self.graph is None:
            raise RuntimeError(step.path)
        if self.facts is None:
            self.facts = committers.run(steps.run_facts, run=self.run)
        claim = Held(self.run, step.path, step.attempt)
        context = StepContext(claim=claim, step=step, graph=self.graph, run=self.facts, known=self._known(step))
        with holding.working(claim):
            done = execute(context)
        if done.has_output and not step.scope:
            self.outputs[step.node] = done.output
        return done

    def _known(self, step: Step) -> dict[str, Json]:
        """Outputs of this turn, for steps of the root graph: they need not be read again."""
        return self.outputs if not step.scope else {}


def work_on(*, run: int, queue: str) -> None:
    """Do what is ready of the run in the queue."""
    Turn(run=run, queue=queue).work()
