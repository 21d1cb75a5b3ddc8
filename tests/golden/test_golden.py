"""What earlier releases left behind: their paused runs are loaded, answered and resumed; their events still tell the state."""

import json
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest

from orchestrator.engine.fold import View, fold
from orchestrator.models import Call, Question, Run
from orchestrator.operations import answers, upkeep
from orchestrator.operations import runs as operations
from reviews.models import Review
from tests import runs
from tests.golden import rows, story
from tests.golden.versions import FOLDER, kept_versions, this_version
from tests.plugins.providers.scripted import script
from tests.plugins.tools import peek, remember

VERSIONS = kept_versions()
APPROVED = {"output", "tool_call"}


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    story.listen()
    yield
    script.answer = None


def kept(version: str, name: str) -> Any:
    return json.loads((FOLDER / version / name).read_text())


def loaded(version: str) -> int:
    """The version's paused run, in this database."""
    rows.load(kept(version, "paused_run.json"))
    return Run.unscoped.get().pk


def answer_everything(run: int) -> None:
    for question in runs.open_questions(run):
        if question.kind in APPROVED:
            runs.answer(question, "approved")
    answers.deliver_event(team=Run.unscoped.get(pk=run).team_id, name="paid", correlation="7", payload="in full")
    Question.unscoped.filter(run=run, kind="timer").update(due_at=1.0)
    upkeep.elapse_due()


def test_this_version_is_kept() -> None:
    assert this_version() in VERSIONS, "run `python -m tests.golden` and commit the folder that it makes"


@pytest.mark.django_db
@pytest.mark.store
@pytest.mark.parametrize("version", VERSIONS)
def test_a_paused_run_of_the_version_is_answered_and_resumed_to_its_end(version: str) -> None:
    run = loaded(version)
    assert runs.status(run) == "paused"
    answer_everything(run)
    runs.work(run)
    assert runs.status(run) == "paused", "answers are taken, and nothing begins"
    operations.resume(run=run, by="golden")
    runs.work(run)
    assert runs.status(run) == "succeeded"
    said = runs.output(run)["sum"]
    assert [part in said for part in ("remembered | ", " | good morning | ", "in full")] == [True] * 3
    assert not runs.open_questions(run)
    assert not Review.unscoped.filter(closed_at=None).exists()


@pytest.mark.django_db
@pytest.mark.store
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_that_was_done_before_is_done_again(version: str) -> None:
    run = loaded(version)
    before = set(Call.unscoped.filter(run=run, status="done").values_list("path", "key"))
    answer_everything(run)
    operations.resume(run=run, by="golden")
    runs.work(run)
    assert (remember.remembered, peek.peeked) == (["b"], [])
    assert len(script.asked) == 1, "the agent's last turn"
    after = set(Call.unscoped.filter(run=run, status="done").values_list("path", "key"))
    assert before < after


@pytest.mark.django_db
@pytest.mark.store
@pytest.mark.parametrize("version", VERSIONS)
def test_the_events_of_the_paused_run_tell_its_state_before_and_after(version: str) -> None:
    run = loaded(version)
    assert reduce(fold, runs.facts(run), View()) == story.view_of_rows(run)
    answer_everything(run)
    operations.resume(run=run, by="golden")
    runs.work(run)
    assert reduce(fold, runs.facts(run), View()) == story.view_of_rows(run)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_events_of_the_versions_runs_still_tell_their_state(version: str) -> None:
    for name, log in kept(version, "events.json").items():
        assert reduce(fold, log["events"], View()) == View(run=log["run"], steps=log["steps"]), name
