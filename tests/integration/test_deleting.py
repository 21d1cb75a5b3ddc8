"""Deleting finished runs: by a person, and when their workflow no longer keeps them. Nothing of the run is left but its cost."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage

from orchestrator.dispatch import Outbox
from orchestrator.models import Budget, Call, LedgerEntry, Run, RunFile, Version, Workflow
from orchestrator.operations import budgets, deleting, files, starting, upkeep, workflows
from orchestrator.operations.deleting import CallsUnderWay, Kept, RunNotFinished, WrongRetention
from orchestrator.operations.starting import Wanted
from orchestrator.operations.workflows import NewVersion
from orchestrator.queries.runs import RunNotFound, ends_of
from orchestrator.worker.sweeper import Sweeper
from reviews.models import Review
from teams.errors import NotAllowed
from teams.models import AuditEntry
from teams.policy import Role
from tests import runs
from tests.api import api_as, owner
from tests.personas import NOW, Personas, personas
from tests.world import MESSAGE, gated

pytestmark = [pytest.mark.django_db, pytest.mark.store]

MARK = "a-word-that-must-be-gone"
LONG = " ".join([MARK] * 3000)
"""Too long to stand in a row: it is stored as a payload."""
PAPERS = {
    "type": "object",
    "properties": {"message": {"type": "string"}, "paper": {"type": "string", "format": "file"}},
}


def document() -> dict[str, Any]:
    """A model call, items, a gate: rows in every table."""
    each = {"items": [1, 2], "body": {"nodes": {"one": {"type": "noop", "config": {}}}, "edges": []}}
    nodes = {
        "say": {"type": "prompt", "config": {"prompt": "{{ inputs.message }}"}},
        "each": {"type": "map", "config": each},
        "reply": {"type": "transform", "config": {"template": "{{ inputs.message }}"}, "gate": {"when": "always"}},
    }
    return {"inputs": PAPERS, "nodes": nodes, "edges": []}


def started(who: Personas, version: Version, **given: str) -> int:
    run = starting.start_run(by=who.alice, wanted=Wanted(version=version, given={"message": LONG, **given}))
    runs.work(run)
    return run


def finished(who: Personas, version: Version | None = None, **given: str) -> int:
    run = started(who, version or runs.a_version(document(), team=who.team), **given)
    for question in runs.open_questions(run):
        runs.answer(question, "approved")
    runs.work(run)
    assert runs.status(run) == "succeeded"
    return run


def everything() -> str:
    """Every row of every table, as text."""
    return "\n".join(str(row) for model in apps.get_models() for row in model._base_manager.values())


def delete(who: Personas, run: int) -> None:
    deleting.delete_run(by=who.alice, run=run, now=NOW)


def test_nothing_of_the_run_is_left_but_its_cost_and_the_log(django_capture_on_commit_callbacks: Any) -> None:
    who = personas()
    upload = files.upload(by=who.alice, name="paper.txt", content=MARK.encode())
    run = finished(who, paper=f"file:{upload.pk}")
    budgets.set_budget(team=who.team.pk, subject=f"run:{run}", unit="calls", most=9)
    paid = LedgerEntry.unscoped.filter(run=run).count()
    assert MARK in everything()
    assert default_storage.exists(upload.stored.name or "")
    with django_capture_on_commit_callbacks(execute=True):
        delete(who, run)
    assert MARK not in everything()
    assert not default_storage.exists(upload.stored.name or "")
    assert not RunFile.unscoped.exists()
    assert not Budget.unscoped.filter(subject=f"run:{run}").exists()
    assert not Review.unscoped.exists()
    assert LedgerEntry.unscoped.filter(run=None, team=who.team).count() == paid > 0
    entry = AuditEntry.objects.of(who.team.pk).get(action="run.deleted")
    assert (entry.subject, entry.user_id, entry.data["status"]) == (f"run:{run}", who.alice.user_id, "succeeded")


def test_another_run_of_the_version_is_not_touched() -> None:
    who = personas()
    version = runs.a_version(document(), team=who.team)
    gone, kept = finished(who, version), finished(who, version)
    before = runs.facts(kept), ends_of(Run.unscoped.get(pk=kept))
    delete(who, gone)
    assert (runs.facts(kept), ends_of(Run.unscoped.get(pk=kept))) == before
    assert Version.unscoped.filter(pk=version.pk).exists()


def test_a_run_that_goes_on_is_not_deleted() -> None:
    who = personas()
    run = started(who, runs.a_version(document(), team=who.team))
    with pytest.raises(RunNotFinished, match="Cancel it first"):
        delete(who, run)
    assert runs.status(run) == "waiting"


def test_a_run_whose_call_is_still_to_be_booked_is_not_deleted() -> None:
    who = personas()
    run = finished(who)
    Call.unscoped.filter(run=run).update(status="started")
    with pytest.raises(CallsUnderWay):
        delete(who, run)


def test_another_teams_run_is_not_found() -> None:
    who = personas()
    run = finished(who)
    with pytest.raises(RunNotFound):
        deleting.delete_run(by=who.charlie, run=run, now=NOW)
    with pytest.raises(NotAllowed):
        deleting.delete_run(by=who.bob, run=run, now=NOW)


def test_an_unlisted_version_goes_with_its_last_run() -> None:
    who = personas()
    new = NewVersion(name="From a file", document=document(), digest="d")
    version = workflows.unlisted_version(by=who.alice, new=new, now=NOW)
    first, last = finished(who, version), finished(who, version)
    delete(who, first)
    assert Version.unscoped.filter(pk=version.pk).exists()
    delete(who, last)
    assert not Version.unscoped.filter(pk=version.pk).exists()
    assert Workflow.objects.of(who.team).filter(is_hidden=True).exists()


def test_whoever_waits_for_a_teams_budget_asks_again_when_the_first_that_met_it_is_deleted() -> None:
    who = personas()
    budgets.set_budget(team=who.team.pk, subject=f"team:{who.team.pk}", unit="calls", most=0)
    say = {"inputs": MESSAGE, "nodes": {"say": {"type": "prompt", "config": {"prompt": "x"}}}, "edges": []}
    version = runs.a_version(say, team=who.team)
    first, second = started(who, version), started(who, version)
    assert Review.unscoped.get().run_id == first
    Run.unscoped.filter(pk=first).update(status="cancelled")
    delete(who, first)
    assert not Review.unscoped.exists()
    Sweeper(is_away=lambda: False, outbox=Outbox()).sweep(take_back_lost=False)
    runs.work(second)
    assert Review.unscoped.get().run_id == second


def test_by_the_api_an_admin_deletes_and_a_publisher_does_not() -> None:
    who, api = owner()
    run = finished(who)
    api_as(who, Role.publisher).send("delete", f"runs/{run}")
    assert runs.status(run) == "succeeded"
    api.send("delete", f"runs/{run}")
    assert api.status == 204
    api.get(f"runs/{run}")
    assert api.status == 404


def aged(run: int, days: float, status: str = "succeeded") -> int:
    Run.unscoped.filter(pk=run).update(finished_at=upkeep.clock() - days * deleting.DAY, status=status)
    return run


def swept() -> None:
    Sweeper(is_away=lambda: False, outbox=Outbox()).forget_old()


def test_old_runs_are_deleted_and_failed_ones_kept_longer() -> None:
    who = personas()
    version = runs.a_version(document(), team=who.team)
    kept = Kept(days=30, failed_days=90)
    deleting.set_retention(by=who.alice, slug=version.workflow.slug, kept=kept, now=NOW)
    young, old = aged(finished(who, version), 29), aged(finished(who, version), 31)
    failed, old_failed = aged(finished(who, version), 31, "failed"), aged(finished(who, version), 91, "failed")
    elsewhere = aged(finished(who), 1000)
    swept()
    left = set(Run.unscoped.values_list("pk", flat=True))
    assert left == {young, failed, elsewhere}
    told = AuditEntry.objects.of(who.team.pk).filter(action="run.expired").values_list("subject", flat=True)
    assert set(told) == {f"run:{old}", f"run:{old_failed}"}


def test_a_run_that_waits_is_kept_however_old_it_is() -> None:
    who = personas()
    version = runs.a_version(gated(), team=who.team)
    deleting.set_retention(by=who.alice, slug=version.workflow.slug, kept=Kept(days=1), now=NOW)
    run = started(who, version)
    Run.unscoped.filter(pk=run).update(created_at=1.0)
    swept()
    assert Run.unscoped.filter(pk=run).exists()


def test_a_sweep_takes_a_small_batch() -> None:
    who = personas()
    version = runs.a_version("a", team=who.team)
    deleting.set_retention(by=who.alice, slug=version.workflow.slug, kept=Kept(days=1), now=NOW)
    for _ in range(deleting.MOST + 2):
        run = runs.start(version)
        Run.unscoped.filter(pk=run).update(status="succeeded", finished_at=1.0)
    swept()
    assert Run.unscoped.count() == 2
    swept()
    assert Run.unscoped.count() == 0


@pytest.mark.parametrize("kept", [Kept(days=0), Kept(days=5, failed_days=4), Kept(failed_days=4), Kept(days=10**6)])
def test_a_retention_that_makes_no_sense_is_refused(kept: Kept) -> None:
    who = personas()
    slug = runs.a_version("a", team=who.team).workflow.slug
    with pytest.raises(WrongRetention):
        deleting.set_retention(by=who.alice, slug=slug, kept=kept, now=NOW)


def test_the_retention_is_set_and_read_by_the_api() -> None:
    who, api = owner()
    slug = runs.a_version("a", team=who.team).workflow.slug
    assert api.get(f"workflows/{slug}/retention") == {"days": None, "failed_days": None}
    api.send("put", f"workflows/{slug}/retention", {"days": 30, "failed_days": 90})
    assert api.get(f"workflows/{slug}/retention") == {"days": 30, "failed_days": 90}
    api.send("put", "workflows/nobody/retention", {"days": 30})
    assert api.status == 404


def test_an_upload_that_no_run_was_started_with_is_removed_after_some_days() -> None:
    who = personas()
    old, young = (files.upload(by=who.alice, name="a.txt", content=b"text") for _ in range(2))
    taken = files.upload(by=who.alice, name="b.txt", content=b"text")
    run = finished(who, paper=f"file:{taken.pk}")
    RunFile.unscoped.exclude(pk=young.pk).update(created_at=old.created_at - files.UNUSED - timedelta(days=1))
    swept()
    assert set(RunFile.unscoped.values_list("pk", flat=True)) == {young.pk, taken.pk}
    assert not Path(old.stored.path).exists()
    assert RunFile.unscoped.get(pk=taken.pk).run_id == run
