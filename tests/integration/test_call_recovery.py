"""Calls while the database goes away, and at the end of a step's time: what was paid is kept, what may have happened is asked."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import OperationalError, connection

from orchestrator.contract.messages import ModelAnswer, ModelRequest, ToolUse
from orchestrator.models import Call, Event, LedgerEntry, Run, Step
from orchestrator.operations import upkeep
from orchestrator.store.database import IS_POSTGRES, execute
from orchestrator.worker import committers, journal, tool_calls
from orchestrator.worker.clock import steady
from orchestrator.worker.held import Held, holding
from teams.models import Connection, Team
from tests import runs
from tests.plugins.providers.scripted import calls, says, script
from tests.plugins.tools import stall

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    script.asked.clear()
    stall.entered.clear()
    stall.on_enter.clear()
    stall.released.clear()
    yield
    stall.released.set()
    script.answer = None


@pytest.fixture
def team() -> Team:
    team = runs.a_team()
    Connection.objects.create(team=team, name="scripted", provider="scripted")
    return team


@dataclass
class Wire:
    """Between this thread and the database. Once `is_cut`, the next commit is made, but its answer never arrives."""

    is_cut: bool = False
    lost: int = 0


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    found, commit = Wire(), connection._commit  # type: ignore[attr-defined]  # of Django, without a stub
    monkeypatch.setattr(journal, "PAUSE", 0.0)

    def committed() -> None:
        commit()
        if found.is_cut:
            found.is_cut, found.lost = False, found.lost + 1
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "_commit", committed)
    return found


def one_node(team: Team, node: dict[str, object]) -> int:
    return runs.start(runs.a_version({"nodes": {"a": node}, "edges": []}, team=team))


def test_an_end_that_was_stored_but_not_answered_is_written_once(team: Team, wire: Wire) -> None:
    run = one_node(team, {"type": "prompt", "config": {"model": "scripted/one", "prompt": "hello"}})

    def answer(_: ModelRequest) -> ModelAnswer:
        wire.is_cut = True
        return says("paid for")

    script.answer = answer
    runs.work(run)
    assert (wire.lost, len(script.asked), runs.status(run)) == (1, 1, "succeeded")
    assert runs.output(run, "a")["text"] == "paid for"
    assert [row.outcome for row in LedgerEntry.unscoped.filter(run=run)] == ["done"]
    assert Event.unscoped.filter(run=run, facts__contains='"status": "done"').count() == 1
    assert Event.unscoped.filter(run=run).count() == Run.unscoped.get(pk=run).seq


def test_a_deadline_over_a_tool_that_must_not_be_repeated_becomes_an_incident(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool_calls, "LOOK_EVERY", 0.01)
    config = {"model": "scripted/one", "goal": "go", "tools": ["stall"], "policies": {"stall": "allow"}}
    run = one_node(team, {"type": "agent", "config": config, "retry": {"tries": 4, "node_errors": True}})
    script.answer = lambda _: calls(ToolUse(id="1", name="stall", arguments={}))
    stall.on_enter.append(lambda: holding.stop(Held(run, "a", 1), now=steady(), overdue=True))
    runs.work(run)
    assert [question.kind for question in runs.open_questions(run)] == ["incident"]
    assert "unknown_outcome" in runs.open_questions(run)[0].body
    assert (runs.step(run, "a").reason, Call.unscoped.get(run=run, kind="tool").status) == ("incident", "started")
    assert len(stall.entered) == 1
    assert upkeep.elapse_due() == 0, "no timer tries it again"


@pytest.fixture
def committer(settings: object) -> Iterator[None]:
    """A thread of its own with a connection of its own, as in a worker."""
    settings.BATON_COMMITTERS = 1  # type: ignore[attr-defined]
    yield
    committers.run(lambda: connection.close())  # noqa: PLW0108  # of the thread that runs it


def terminate_the_committer() -> None:
    """The server ends the committer's connection, as when it restarts."""
    backend = committers.run(lambda: execute("SELECT pg_backend_pid()", []).fetchone()[0])
    assert execute("SELECT pg_terminate_backend(%s)", [backend]).fetchone()[0]


@pytest.mark.skipif(not IS_POSTGRES, reason="only a server can end a connection")
def test_a_committer_whose_connection_was_ended_has_a_new_one_at_the_next_call(committer: None) -> None:
    before = committers.run(upkeep.clock)
    terminate_the_committer()
    with pytest.raises(OperationalError):
        committers.run(upkeep.clock)
    assert committers.run(upkeep.clock) > before


@pytest.mark.skipif(not IS_POSTGRES, reason="only a server can end a connection")
def test_a_step_whose_call_ends_while_the_connection_is_gone_loses_nothing(
    team: Team, committer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PAUSE", 0.0)
    run = one_node(team, {"type": "prompt", "config": {"model": "scripted/one", "prompt": "hello"}})

    def answer(_: ModelRequest) -> ModelAnswer:
        terminate_the_committer()
        return says("paid for")

    script.answer = answer
    runs.work(run)
    assert (runs.status(run), len(script.asked), Step.unscoped.get(run=run, path="a").crashes) == ("succeeded", 1, 0)
    assert [row.outcome for row in LedgerEntry.unscoped.filter(run=run)] == ["done"]
