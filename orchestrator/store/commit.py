"""One commit of a run: lock it, read what is near, decide, claim what is ready next, write, tell. At most five statements
under the lock where no scope and no question is concerned."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from orchestrator.engine.advance import advance
from orchestrator.engine.claims import CHUNK, choose, wakeups
from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import Command
from orchestrator.engine.move import Refused
from orchestrator.engine.neighbourhood import Needs, needs
from orchestrator.engine.notices import Notice, RunClosed
from orchestrator.engine.state import FINAL_RUN, RunStatus, Step
from orchestrator.engine.values import Json
from orchestrator.store import payloads, sql
from orchestrator.store.database import IS_POSTGRES, array, execute
from orchestrator.store.graphs import graph_of
from orchestrator.store.near import Near

KNOWN_FORMATS = frozenset({1})
"""Formats of state, journal and facts that this release understands: runs of others are left to workers of others."""
Listen = Callable[[int, Sequence[Notice]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who claims, and from which queue."""

    worker: int
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a commit came to. `seq` 0: it changed nothing and was rolled back."""

    run: int
    seq: int = 0
    status: RunStatus = RunStatus.QUEUED
    steps: tuple[Step, ...] = ()
    """Claimed for the caller."""
    wakeups: dict[str, int] = field(default_factory=dict)
    """Messages to send, by queue."""
    graph: Graph | None = None
    refused: tuple[Refused, ...] = ()

    def is_urgent(self) -> bool:
        """Whether watchers should hear of it at once: the run closed, or began to wait."""
        return self.status not in (RunStatus.RUNNING, RunStatus.QUEUED)


class Nothing(Exception):
    """A commit that changes nothing is rolled back, so that the sequence has no gaps."""


class NoSuchRun(Refused):
    """There is no such run."""

    code = "no_such_run"


def commit(
    *,
    run: int,
    commands: Sequence[Command] = (),
    claim: Claim | None = None,
    graph: Graph | None = None,
    kept: Sequence[tuple[str, str]] = (),
    facts: Sequence[Json] = (),
    listen: Listen | None = None,
    strict: bool = False,
) -> Committed:
    """Apply the commands and claim what is ready next: one transaction under the run's lock.

    Whoever knows the run's graph passes it; on PostgreSQL that saves a round trip. `kept` are payloads (hash, body) to store
    first, `facts` are told besides. A refused command is left out and reported; with `strict` it is raised.
    """
    batch = Commit(run=run, claim=claim, graph=graph, listen=listen, strict=strict)
    try:
        with transaction.atomic():
            payloads.write(run, kept)
            return batch.carry_out(commands, facts)
    except Nothing:
        return Committed(run=run, status=batch.status, graph=batch.graph, refused=tuple(batch.refused))


class Commit:
    """Lives no longer than one transaction."""

    def __init__(
        self, *, run: int, claim: Claim | None, graph: Graph | None, listen: Listen | None, strict: bool
    ) -> None:
        self.run, self.claim, self.graph = run, claim, graph
        self.listen, self.strict = listen, strict
        self.refused: list[Refused] = []
        self.is_known_format = False
        self.status = RunStatus.QUEUED
        self.near: Near

    def carry_out(self, commands: Sequence[Command], facts: Sequence[Json]) -> Committed:
        seq = self._lock(commands)
        before = self.near.run
        self.status = before.status
        self.near.facts += facts
        self._apply(commands)
        claimed = self._choose()
        if not self.near.is_changed():
            raise Nothing
        self.near.write(seq + 1, before)
        self._tell(before.status)
        after = self.near.run
        return Committed(
            run=self.run,
            seq=seq + 1,
            status=after.status,
            steps=tuple(claimed),
            wakeups=self._wakeups(after.running) if after.is_claimable() else {},
            graph=self.graph,
            refused=tuple(self.refused),
        )

    def _lock(self, commands: Sequence[Command]) -> int:
        """Lock the run and read what the commands may touch and the claim may take; the run's seq."""
        if IS_POSTGRES and self.graph and self.claim:
            return self._lock_and_read(commands, self.graph, self.claim)
        row = execute(sql.LOCK_RUN, [self.run]).fetchone()
        if row is None:
            raise NoSuchRun(f"There is no run {self.run}.")
        self.graph = self.graph or graph_of(row[1])
        self.is_known_format = row[2] in KNOWN_FORMATS
        self.near = Near(self.run, self.graph, row[4:])
        self._read(self._wanted(commands), self.claim)
        return int(row[3])

    def _lock_and_read(self, commands: Sequence[Command], graph: Graph, claim: Claim) -> int:
        wanted = self._wanted(commands)
        parameters = [self.run, self.run, array(wanted.steps), self.run, self.run, claim.queue, CHUNK]
        rows = execute(sql.LOCK_AND_READ, parameters).fetchall()
        if not rows:
            raise NoSuchRun(f"There is no run {self.run}.")
        seq, seen = rows[0][3], rows[0][12]
        self.is_known_format = rows[0][2] in KNOWN_FORMATS
        self.near = Near(self.run, graph, rows[0][4:12])
        if seen == seq:
            self.near.take_steps(wanted.steps, [row[13:] for row in rows if row[13] is not None])
            self.near.read(Needs(scopes=wanted.scopes, questions=wanted.questions))
        else:
            self._read(wanted, claim)
        return int(seq)

    def _wanted(self, commands: Sequence[Command]) -> Needs:
        if not self.graph:
            raise Nothing
        found = [needs(self.graph, command) for command in commands]
        return Needs(
            steps=tuple(dict.fromkeys(path for one in found for path in one.steps)),
            scopes=tuple(dict.fromkeys(path for one in found for path in one.scopes)),
            questions=tuple(dict.fromkeys(key for one in found for key in one.questions)),
        )

    def _read(self, wanted: Needs, claim: Claim | None) -> None:
        if claim:
            parameters = [array(wanted.steps), self.run, self.run, claim.queue, CHUNK]
            self.near.take_steps(wanted.steps, execute(sql.READ_STEPS_AND_READY, parameters).fetchall())
            wanted = Needs(scopes=wanted.scopes, questions=wanted.questions)
        self.near.read(wanted)

    def _apply(self, commands: Sequence[Command]) -> None:
        queue = deque(commands)
        while queue:
            command = queue.popleft()
            self.near.read(needs(self.near.graph, command))
            try:
                transition = advance(self.near.graph, self.near.around(), command)
            except Refused as refused:
                if self.strict:
                    raise
                self.refused.append(refused)
                continue
            self.near.take(transition)
            queue.extendleft(reversed(transition.next))

    def _choose(self) -> list[Step]:
        if self.claim is None or not self.is_known_format:
            return []
        chosen = choose(self.near.candidates(), queue=self.claim.queue, run=self.near.run, worker=self.claim.worker)
        self.near.take_claimed(chosen)
        return chosen

    def _tell(self, before: RunStatus) -> None:
        """The listeners of other apps write their rows in this very transaction."""
        after = self.near.run.status
        notices = list(self.near.notices)
        if after in FINAL_RUN and before is not after:
            notices.append(RunClosed(run=self.run, status=after, asked=self.near.asks))
        if notices and self.listen:
            self.listen(self.run, notices)

    def _wakeups(self, running: int) -> dict[str, int]:
        """Who opens work wakes for it; claimed work is in good hands already."""
        opened = self.near.opened()
        found = {}
        for queue in {queue for queue, _, _ in opened}:
            quick = sum(number for name, is_quick, number in opened if name == queue and is_quick)
            slow = sum(number for name, is_quick, number in opened if name == queue and not is_quick)
            found[queue] = wakeups(quick=quick, slow=slow, running=running)
        return found
