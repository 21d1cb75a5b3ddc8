"""Re-run: the same version, input and budget again; and several runs at once."""

import pytest

from history.operations.bulk import WrongSelection, cancel_runs, rerun_runs
from orchestrator.models import Budget, Run, RunFile
from orchestrator.operations import files, rerun, starting
from orchestrator.operations import runs as operations
from orchestrator.operations.starting import Wanted
from orchestrator.queries.runs import RunNotFound, ends_of
from teams.errors import NotAllowed
from teams.policy import Role
from tests import runs
from tests.api import api_of, owner
from tests.personas import Personas, personas
from tests.world import gated

pytestmark = [pytest.mark.django_db, pytest.mark.store]
PAPERS = {
    "type": "object",
    "properties": {
        "message": {"type": "string"},
        "papers": {"type": "array", "items": {"type": "string", "format": "file"}},
    },
}


@pytest.fixture
def who() -> Personas:
    return personas()


def a_run(who: Personas, message: str = "Hello", **more: object) -> int:
    document = {**gated(), "inputs": PAPERS}
    version = runs.a_version(document, team=who.team)
    wanted = Wanted(version=version, given={"message": message, **more}, budget={"calls": 7})
    return starting.start_run(by=who.alice, wanted=wanted)


def test_a_run_starts_again_with_the_same_version_input_and_budget(who: Personas) -> None:
    first = a_run(who, "Hello " * 10_000)
    again = Run.unscoped.get(pk=rerun.run_again(by=who.alice, run=first))
    before = Run.unscoped.get(pk=first)
    assert again.pk != first
    assert (again.version_id, ends_of(again).input) == (before.version_id, ends_of(before).input)
    assert (again.trigger, again.started_by_id) == ("person", who.alice.user_id)
    assert Budget.objects.of(who.team).get(subject=f"run:{again.pk}").most == 7


def test_the_files_of_the_input_are_copied(who: Personas) -> None:
    paper = files.upload(by=who.alice, name="paper.txt", content=b"words")
    first = a_run(who, papers=[f"file:{paper.pk}"])
    again = Run.unscoped.get(pk=rerun.run_again(by=who.alice, run=first))
    (reference,) = ends_of(again).input["papers"]
    copy = RunFile.objects.of(who.team).get(run=again)
    assert (reference, copy.name, copy.pk != paper.pk) == (f"file:{copy.pk}", "paper.txt", True)
    assert copy.stored.read() == b"words"
    assert RunFile.objects.of(who.team).get(pk=paper.pk).run_id == first


def test_the_api_starts_it_again_once_per_key() -> None:
    who, api = owner()
    first = a_run(who)
    again = api.post(f"runs/{first}/rerun", key="k")
    assert (api.status, again["trigger"]) == (201, "api")
    assert api.post(f"runs/{first}/rerun", key="k")["id"] == again["id"]
    assert Run.objects.of(who.team).count() == 2
    other = api_of(who.charlie)
    other.post(f"runs/{first}/rerun")
    assert other.status == 404


def test_each_of_several_runs_is_cancelled_or_says_why_not(who: Personas) -> None:
    first, second = a_run(who), a_run(who)
    operations.cancel(run=second, by="x")
    done, final, unknown = cancel_runs(by=who.alice, chosen=[first, second, 999_999, first])
    assert (done.run, done.problem, runs.status(first)) == (first, "", "cancelled")
    assert final.problem
    assert "no run 999999" in unknown.problem


def test_each_of_several_runs_starts_again(who: Personas) -> None:
    first, second = a_run(who), a_run(who)
    found = rerun_runs(by=who.alice, chosen=[first, second, 999_999])
    assert [bool(item.started) for item in found] == [True, True, False]
    assert Run.objects.of(who.team).count() == 4


def test_a_selection_has_some_runs_and_not_too_many(who: Personas) -> None:
    for chosen in ([], list(range(1, 102))):
        with pytest.raises(WrongSelection):
            cancel_runs(by=who.alice, chosen=chosen)


def test_who_may_not_start_or_cancel_one_may_not_with_many() -> None:
    who = personas(bobs_role=Role.viewer)
    run = a_run(who)
    for act in (cancel_runs, rerun_runs):
        with pytest.raises(NotAllowed):
            act(by=who.bob, chosen=[run])
    for found in (cancel_runs(by=who.charlie, chosen=[run]), rerun_runs(by=who.charlie, chosen=[run])):
        assert "no run" in found[0].problem
    with pytest.raises(RunNotFound):
        rerun.run_again(by=who.charlie, run=run)
