"""A small set-up for one story: servers, one worker or two, and what stories do with them again and again."""

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils import timezone

from config.supervisor.program import Program
from orchestrator.models import Question, Run, Version
from orchestrator.worker import publisher
from reviews.models import Review
from reviews.operations import decide
from reviews.policy import Source
from reviews.verdicts import Given
from teams.callers import Caller
from teams.models import Team
from teams.policy import Role
from tests import runs
from tests.benchmarks.measured import prepare, wait_for_workers
from tests.fakes.asking import a_member
from tests.faults import oracle, shape
from tests.faults.control import ask_server
from tests.processes import System, system, wait_until

PATIENCE = 60.0
PLAIN, ARMED = "config", "tests.faults.armed"
VARIABLES = ("CRASH_AT", "REWORDED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One team with connections to the model server."""

    system: System
    team: Team
    owner: Caller

    def version(self, document: dict[str, Any]) -> Version:
        return runs.a_version(document, team=self.team)

    def start(self, document: dict[str, Any], given: Any = None) -> int:
        return runs.start(self.version(document), given)

    def start_again(self, name: str, **variables: str) -> None:
        """A worker that has ended, with what the variables build in, or as it always was."""
        program = disarmed(self.system.programs[name])
        self.system.programs[name] = armed(program, variables) if variables else program
        self.system.start(name)

    def wait_for_death(self, name: str) -> int:
        """The exit status of a worker that ends by itself."""
        wait_until(lambda: self.system.running[name].poll() is not None, seconds=PATIENCE)
        return self.system.running.pop(name).wait()

    def wait_for(self, run: int, status: str, *, seconds: float = PATIENCE) -> None:
        try:
            wait_until(lambda: runs.status(run) == status, seconds=seconds)
        except TimeoutError:
            found = Run.unscoped.get(pk=run)
            raise AssertionError(f"run {run} is {found.status}, not {status}: {oracle.open_steps(found)}") from None

    def review(self, run: int) -> Review:
        """The one open review of the run, as soon as it is there."""
        wait_until(lambda: Review.unscoped.filter(run=run, status="open").exists(), seconds=PATIENCE)
        return Review.unscoped.get(run=run, status="open")

    def approve(self, review: Review) -> None:
        self._decide(review, Given(verdict="approved"))

    def skip(self, review: Review, value: Any) -> None:
        self._decide(review, Given(verdict="skipped", value=value))

    def _decide(self, review: Review, given: Given) -> None:
        decide(review=review.pk, by=self.owner, given=given, source=Source.API, now=timezone.now())

    def calls(self) -> list[dict[str, Any]]:
        """The log of the model server."""
        found: list[dict[str, Any]] = ask_server("calls")["calls"]
        return found

    def expect_sound(self, run: int) -> None:
        """No gap, nothing recorded twice, one review a question, whatever happened."""
        found = Run.unscoped.get(pk=run)
        events = runs_events(run)
        problems = [
            *oracle.gaps(found, [seq for seq, _ in events], [facts for _, facts in events]),
            *oracle.twice(found, [facts for _, facts in events]),
            *oracle.reviews_of_questions(),
        ]
        assert not problems, problems
        assert not Question.unscoped.filter(run=run, status="open").exists()


def runs_events(run: int) -> list[tuple[int, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, facts FROM event WHERE run_id = %s ORDER BY seq", [run])
        return [(seq, json.loads(facts)) for seq, facts in cursor.fetchall()]


def armed(program: Program, variables: Mapping[str, str]) -> Program:
    """The worker with something wrong built in (armed.py)."""
    command = tuple(ARMED if part == PLAIN else part for part in program.command)
    return replace(program, command=command, environment={**program.environment, **variables})


def disarmed(program: Program) -> Program:
    command = tuple(PLAIN if part == ARMED else part for part in program.command)
    known = {name: value for name, value in program.environment.items() if name not in VARIABLES}
    return replace(program, command=command, environment=known)


@contextmanager
def scene(*, latency: float = 0.0, crash_at: str = "") -> Iterator[Scene]:
    """Everything up and ready; the workers die at `crash_at`."""
    variables = {"CRASH_AT": crash_at}
    with system(prepare, change=lambda program: armed(program, variables) if crash_at else program) as found:
        found.start_model_server("--latency", str(latency))
        wait_for_workers(found)
        publisher.start()
        team = runs.a_team()
        owner = a_member(team, "Owner", Role.owner)
        shape.connect(team, owner, timezone.now())
        yield Scene(system=found, team=team, owner=owner)


def stop(found: System, names: list[str], number: signal.Signals) -> None:
    for name in names:
        found.tell(name, number)
