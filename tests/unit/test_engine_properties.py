"""Whatever happens in whatever order: every run ends, every node is decided once, and the facts alone tell every status."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.engine.graph import Graph, compile_document
from orchestrator.engine.messages import Cancel, Pause, Resume, Spawn, Succeed
from orchestrator.engine.move import Refused
from orchestrator.engine.state import BUSY, OPEN, RunStatus, StepStatus
from tests.scenarios import World

PORTS = ("out", "left", "right", "error", "rejected")


@st.composite
def documents(draw: Any, depth: int = 0) -> dict[str, Any]:
    """A DAG of up to seven nodes, some of them containers."""
    keys = [f"n{index}" for index in range(draw(st.integers(1, 7 if depth == 0 else 3)))]
    nodes = {key: draw(node_settings(depth)) for key in keys}
    pairs = [(a, b) for index, a in enumerate(keys) for b in keys[index + 1 :]]
    edges = [[a, draw(st.sampled_from(PORTS)), b] for a, b in pairs if draw(st.booleans())]
    return {"nodes": nodes, "edges": edges}


@st.composite
def node_settings(draw: Any, depth: int) -> dict[str, Any]:
    body = draw(documents(depth + 1)) if depth < 2 and draw(st.integers(0, 5)) == 0 else None
    return {
        "type": "noop",
        "config": {"body": body} if body else {},
        "on_error": draw(st.sampled_from(["fail", "fail", "port", "default"])),
        "retry": {"tries": 2, "node_errors": draw(st.booleans())},
    }


class Player:
    """Draws what happens next until nothing is left to happen."""

    def __init__(self, graph: Graph, data: Any) -> None:
        self.world, self.data = World(graph).begin(), data
        self.moves = 0

    def play(self) -> World:
        while self.world.run.status not in (RunStatus.SUCCEEDED, RunStatus.CANCELLED):
            self.moves += 1
            self.check()
            assert self.moves < 3000, self.world.shown()
            self.move()
        self.check()
        return self.world

    def move(self) -> None:
        choices = [*self.claims(), *self.results(), *self.answers(), *self.rescues()]
        if self.moves < 60:
            choices += [("pause", "")] if not self.world.run.paused else []
        if self.world.run.paused:
            choices.append(("resume", ""))
        assert choices, f"nothing can happen any more: {self.world.shown()} {self.world.run}"
        verb, path = self.data.draw(st.sampled_from(choices))
        getattr(self, verb)(path)
        if (
            self.moves < 40
            and self.data.draw(st.integers(0, 199)) == 0
            and self.world.run.status != RunStatus.SUCCEEDED
        ):
            self.world.tell(Cancel())

    def claims(self) -> list[tuple[str, str]]:
        return [("claim", path) for path in self.world.ready()] if self.world.run.is_claimable() else []

    def results(self) -> list[tuple[str, str]]:
        return [("result", path) for path, step in self.world.steps.items() if step.status is StepStatus.RUNNING]

    def answers(self) -> list[tuple[str, str]]:
        """Timers and people: every open question but a scope's, which the engine answers itself."""
        found = [question for question in self.world.open_questions() if question.kind != "scope"]
        return [("answer", f"{question.path} {question.round} {question.key}") for question in found]

    def rescues(self) -> list[tuple[str, str]]:
        failed = [s for s in self.world.steps.values() if s.status is StepStatus.FAILED and s.ports is None]
        leaves = [step.path for step in failed if not step.is_item()]
        if self.world.run.status is not RunStatus.FAILED:
            return []
        return [("rescue", path) for path in leaves]

    def claim(self, path: str) -> None:
        self.world.claim(path)

    def pause(self, _path: str) -> None:
        self.world.tell(Pause())

    def resume(self, _path: str) -> None:
        self.world.tell(Resume())

    def rescue(self, path: str) -> None:
        """Retry or skip; where the container has gone on, that is refused and its own failure is rescued instead."""
        with suppress(Refused):
            (self.world.skips if self.moves > 150 or self.data.draw(st.booleans()) else self.world.retries)(path)

    def result(self, path: Any) -> None:
        step = self.world.steps[path]
        if step.node in self.world.graph.bodies and f"{path}" not in self.spawned():
            size = self.data.draw(st.integers(1, 3))
            stop = self.data.draw(st.booleans())
            command = Spawn(path=path, attempt=step.attempt, key="items", size=size, items="[]", stop_on_error=stop)
            self.world.tell(command)
            return
        outcomes = ["succeed", "succeed", "succeed"] if self.moves < 150 else ["succeed"]
        outcomes += ["fail", "transient", "crash", "gate", "ask", "duplicate"] if self.moves < 150 else []
        self.outcome(self.data.draw(st.sampled_from(outcomes)), path)

    def spawned(self) -> set[str]:
        steps = self.world.steps
        return {scope.container for scope in self.world.scopes.values() if scope.round == steps[scope.container].round}

    def outcome(self, outcome: str, path: Any) -> None:
        world = self.world
        match outcome:
            case "succeed":
                world.succeeds(path, self.data.draw(st.sampled_from(PORTS[:3])))
            case "fail":
                world.fails(path, repeatable=self.data.draw(st.booleans()))
            case "transient":
                world.fails(path, transient=True)
            case "crash":
                world.crashes(path)
            case "gate":
                world.succeeds(path, gate=("gate" not in {key for at, _, key in world.questions if at == path}))
            case "ask":
                world.asks(path, "form")
                if self.data.draw(st.booleans()):
                    for question in [q for q in world.open_questions() if q.path == path and q.key == "form"]:
                        self.answer(f"{path} {question.round} form")
                world.waits(path, "form")
            case "duplicate":
                attempt = world.attempt(path)
                world.succeeds(path)
                with suppress(Refused):
                    world.tell(Succeed(path=path, attempt=attempt, output="2"))
                    raise AssertionError("a repeated result was taken")

    def answer(self, identity: str) -> None:
        path, _, key = identity.split(" ")
        verdicts = ["approved", "edited", "rejected", "changes_requested", "expired", "skipped", "retried", "failed"]
        verdict = self.data.draw(st.sampled_from(verdicts if self.moves < 150 else ["approved", "skipped"]))
        verdict = "skipped" if key.startswith("incident") and self.moves >= 150 else verdict
        with suppress(Refused):  # withdrawn, or of an older round
            self.world.answers(path, key, verdict, output='"typed"')

    def check(self) -> None:
        """The counters are what looking over all the rows gives."""
        world = self.world
        if world.run.status is RunStatus.CANCELLED:
            return
        steps = list(world.steps.values())
        assert world.run.ready == sum(step.status is StepStatus.READY for step in steps)
        assert world.run.running == sum(step.status is StepStatus.RUNNING for step in steps)
        assert world.run.open == sum(step.status in OPEN and not step.scope for step in steps)
        for scope in world.scopes.values():
            if not scope.is_closed:
                items = [step for step in steps if step.scope == scope.path]
                assert scope.open == sum(step.status in OPEN for step in items), scope
                assert scope.next == len(items)
        for item in (step for step in steps if step.is_item() and step.status in OPEN):
            inside = [step for step in steps if str(step.scope) == item.path]
            assert item.inner_open == sum(step.status in OPEN for step in inside)
            assert item.inner_busy == sum(step.status in BUSY for step in inside)


@settings(max_examples=120, deadline=None)
@given(documents(), st.data())
def test_every_run_ends_with_every_node_decided_once_and_its_facts_tell_every_status(document: Any, data: Any) -> None:
    world = Player(compile_document(document), data).play()
    assert world.view() == world.shown()
    if world.run.status is RunStatus.SUCCEEDED:
        root = {key for key in world.graph.nodes if "/" not in key}
        assert {path for path, step in world.steps.items() if not step.scope} == root
        assert not [step for step in world.steps.values() if step.status in OPEN and not step.scope]
        assert len(world.settled) == len(set(world.settled))
    assert not [question for question in world.open_questions() if world.run.status is RunStatus.CANCELLED]
