"""A team, its people, and a run whose steps ask: a worker played by hand, without node types."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from orchestrator.contract.questions import Kind, PersonQuestion, question_to_json
from orchestrator.engine.messages import Ask, Command, Fail, Succeed, TakeBack, Wait
from orchestrator.engine.state import Step as EngineStep
from orchestrator.models import Question, Run, Step, Version, Workflow
from orchestrator.operations import runs, work
from orchestrator.store.begin import NewRun
from reviews.models import Review
from teams.callers import Caller, Through
from teams.models import Member, Team, User
from teams.policy import Role
from tests.scenarios import document

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_numbers = count()


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_team(slug: str = "acme") -> Team:
    return Team.objects.create(name=slug.title(), slug=f"{slug}-{next(_numbers)}")


def a_member(team: Team, name: str, role: Role = Role.runner) -> Caller:
    user = User.objects.create_user(f"{name.lower()}{next(_numbers)}@example.org", name=name)
    member = Member.objects.create(team=team, user=user, role=role)
    return Caller(team_id=team.pk, role=role, through=Through.page, name=name, user_id=user.pk, member_id=member.pk)


def question(kind: Kind = Kind.OUTPUT, **more: Any) -> PersonQuestion:
    return replace(PersonQuestion(kind=kind, title="May this go out?", subject="a draft"), **more)


@dataclass
class Asking:
    """One run. Every verb is one commit of worker 1, as the durable worker would make it."""

    run: int
    team: Team
    held: dict[str, EngineStep] = field(default_factory=dict)

    @classmethod
    def of(cls, team: Team, text: str = "draft -> send", **nodes: Any) -> "Asking":
        slug = f"w{next(_numbers)}"
        workflow = Workflow.objects.create(team=team, slug=slug, name="Letters")
        version = Version.objects.create(workflow=workflow, number=1, document=document(text, **nodes), digest=slug)
        new = NewRun(team=team.pk, version=version.pk, started_by=None, trigger="api")
        return cls(run=runs.start(new=new, given={"message": "hello"}).run, team=team)

    def claim(self, path: str) -> EngineStep:
        """The step, running under the worker; what was claimed with it is kept for the next claims."""
        while path not in self.held:
            claimed = work.go_on(run=self.run, worker=1, queue="default").steps
            assert claimed, f"{path} is not ready"
            self.held |= {str(step.path): step for step in claimed}
        return self.held.pop(path)

    def tell(self, *commands: Command) -> None:
        done = work.go_on(run=self.run, worker=1, queue="default", commands=commands, may_claim=False)
        assert not done.refused, done.refused

    def gate(
        self, path: str = "draft", asked: PersonQuestion | None = None, output: Any = "a draft", **more: Any
    ) -> Review:
        """The step is done, and its output waits for people."""
        step = self.claim(path)
        body = json.dumps(question_to_json(asked or question()))
        gate = Ask(path=step.path, attempt=step.attempt, key="gate", kind="output", body=body, **more)
        self.tell(Succeed(path=step.path, attempt=step.attempt, output=json.dumps(output), gate=gate))
        return self.review(path, "gate")

    def ask(self, step: EngineStep, key: str, asked: PersonQuestion, **more: Any) -> Review:
        """The step asks and goes on."""
        body = json.dumps(question_to_json(asked))
        self.tell(Ask(path=step.path, attempt=step.attempt, key=key, kind=asked.kind.value, body=body, **more))
        return self.review(step.path, key)

    def wait(self, step: EngineStep, *keys: str) -> None:
        self.tell(Wait(path=step.path, attempt=step.attempt, on=frozenset(keys)))

    def succeed(self, step: EngineStep, output: Any = "done") -> None:
        self.tell(Succeed(path=step.path, attempt=step.attempt, output=json.dumps(output)))

    def fail(self, step: EngineStep, **more: Any) -> None:
        self.tell(Fail(path=step.path, attempt=step.attempt, error='{"code": "broken"}', code="broken", **more))

    def lose(self, step: EngineStep) -> None:
        self.tell(TakeBack(path=step.path, attempt=step.attempt, crashed=True))

    # What can be seen

    def review(self, path: str, key: str) -> Review:
        found = Review.objects.of(self.team).filter(run_id=self.run, path=path, key=key).order_by("-round").first()
        assert found
        return found

    def step(self, path: str) -> Step:
        return Step.objects.of(self.team).get(run_id=self.run, path=path)

    def status(self, path: str) -> str:
        return self.step(path).status

    def run_status(self) -> str:
        return Run.objects.of(self.team).get(pk=self.run).status

    def answer(self, review: Review) -> Any:
        """What the run got, or None where the question is open or withdrawn."""
        stored = Question.objects.of(self.team).get(review=review)
        return json.loads(stored.answer) if stored.status == "answered" and stored.answer else None

    def run_row(self) -> Run:
        return Run.objects.of(self.team).get(pk=self.run)
