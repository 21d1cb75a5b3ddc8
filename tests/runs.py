"""Teams, workflows and runs for tests, and a worker in the test's own thread: no message, no pulse, no sleep."""

import json
from collections import Counter
from typing import Any

from orchestrator.contract.questions import Decision
from orchestrator.dispatch import outbox
from orchestrator.models import Event, Question, Run, Step, Version, Workflow
from orchestrator.operations import answers, runs
from orchestrator.store.begin import NewRun
from orchestrator.worker import turn
from teams.models import Team
from tests.scenarios import document

_numbers = Counter[str]()


def a_team(name: str = "Team") -> Team:
    _numbers[name] += 1
    return Team.objects.create(name=name, slug=f"{name.lower()}-{_numbers[name]}")


def a_version(graph: str | dict[str, Any], *, team: Team | None = None, **nodes: Any) -> Version:
    """A version of a graph in one line of text, or of a whole document."""
    found = document(graph, **nodes) if isinstance(graph, str) else graph
    _numbers["workflow"] += 1
    slug = f"workflow-{_numbers['workflow']}"
    workflow = Workflow.objects.create(team=team or a_team(), slug=slug, name=slug)
    return Version.objects.create(workflow=workflow, number=1, document=found, digest=slug)


def start(version: Version, given: Any = None) -> int:
    """A started run; nothing of it has been worked on."""
    new = NewRun(team=version.workflow.team_id, version=version.pk, started_by=None, trigger="api")
    return runs.start(new=new, given=given if given is not None else {}).run


def work(run: int, *, queue: str = "default", turns: int = 1000) -> None:
    """Work on the run as a worker does, until nothing is ready."""
    for _ in range(turns):
        if not Step.unscoped.filter(run=run, status="ready").exists():
            return
        if Run.unscoped.get(pk=run).status not in ("queued", "running"):
            return
        turn.work_on(run=run, queue=queue)
    raise AssertionError(f"run {run} still has work after {turns} turns")


def played(graph: str | dict[str, Any], given: Any = None, **nodes: Any) -> int:
    """A run of the graph, worked on until it ends or waits."""
    run = start(a_version(graph, **nodes), given)
    work(run)
    return run


def status(run: int) -> str:
    return Run.unscoped.get(pk=run).status


def step(run: int, path: str) -> Step:
    return Step.unscoped.get(run=run, path=path)


def output(run: int, path: str = "end") -> Any:
    return json.loads(step(run, path).output or "null")


def open_questions(run: int) -> list[Question]:
    return list(Question.unscoped.filter(run=run, status="open").order_by("id"))


def answer(question: Question, verdict: str, value: Any = None, comment: str = "", **more: Any) -> None:
    answers.answer(question=question.pk, decision=Decision(verdict=verdict, value=value, comment=comment), **more)


def facts(run: int) -> list[list[dict[str, Any]]]:
    return [json.loads(event.facts) for event in Event.unscoped.filter(run=run).order_by("seq")]


def forget_hints() -> None:
    """As if every wake-up and doorbell had been lost."""
    outbox.take(0.0)
