"""Comments on runs and steps: who may say what, whom it names, and that they go with the run."""

import pytest

from orchestrator.operations import deleting
from orchestrator.operations import runs as operations
from teams.models import Comment
from teams.policy import Role
from tests import runs
from tests.api import Api, api_as, api_of, owner
from tests.personas import NOW, Personas
from tests.world import gated

pytestmark = [pytest.mark.django_db, pytest.mark.store]


@pytest.fixture
def people() -> tuple[Personas, Api, int]:
    who, api = owner()
    run = runs.start(runs.a_version(gated(), team=who.team))
    runs.work(run)
    return who, api, run


def test_people_talk_about_a_run_and_its_steps(people: tuple[Personas, Api, int]) -> None:
    who, alice, run = people
    bob = api_as(who, Role.runner)
    first = alice.post(f"runs/{run}/comments", {"text": " Why **so** long? @bob "})
    assert (alice.status, first["text"], first["author"], first["mentions"]) == (
        201,
        "Why **so** long? @bob",
        "Alice",
        ["Bob"],
    )
    second = bob.post(f"runs/{run}/comments", {"text": "It waits.", "step": "reply"})
    assert (second["step"], second["run"], second["mentions"]) == ("reply", run, [])
    assert [one["id"] for one in bob.get(f"runs/{run}/comments")["items"]] == [first["id"], second["id"]]
    assert [one["id"] for one in bob.get(f"runs/{run}/comments", step="")["items"]] == [first["id"]]
    assert [one["is_own"] for one in bob.get(f"runs/{run}/comments")["items"]] == [False, True]


def test_only_who_wrote_a_comment_changes_or_deletes_it(people: tuple[Personas, Api, int]) -> None:
    who, alice, run = people
    bob = api_as(who, Role.runner)
    said = bob.post(f"runs/{run}/comments", {"text": "Look"})["id"]
    for method in ("patch", "delete"):
        found = alice.send(method, f"comments/{said}", {"text": "Mine now"})
        assert (alice.status, found["code"]) == (403, "not_your_comment")
    changed = bob.send("patch", f"comments/{said}", {"text": "Look here @alice@example.org"})
    assert (changed["text"], changed["mentions"]) == ("Look here @alice@example.org", ["Alice"])
    assert changed["edited_at"]
    bob.send("delete", f"comments/{said}")
    assert bob.status == 204
    assert not Comment.objects.of(who.team).exists()


def test_a_viewer_reads_and_says_nothing(people: tuple[Personas, Api, int]) -> None:
    who, alice, run = people
    alice.post(f"runs/{run}/comments", {"text": "Look"})
    viewer = api_as(who, Role.viewer)
    assert len(viewer.get(f"runs/{run}/comments")["items"]) == 1
    viewer.post(f"runs/{run}/comments", {"text": "Me too"})
    assert viewer.status == 403


@pytest.mark.parametrize("text", ["", "   ", "a" * 4_001])
def test_a_comment_says_something_and_not_too_much(people: tuple[Personas, Api, int], text: str) -> None:
    _, alice, run = people
    alice.post(f"runs/{run}/comments", {"text": text})
    assert alice.status == 422


def test_a_comment_is_on_a_step_that_there_is(people: tuple[Personas, Api, int]) -> None:
    who, alice, run = people
    assert alice.post(f"runs/{run}/comments", {"text": "Look", "step": "nowhere"})["code"] == "no_such_step"
    assert alice.post("runs/999999/comments", {"text": "Look"})["code"] == "no_such_run"
    charlie = api_of(who.charlie)
    for path in (f"runs/{run}/comments", "runs/999999/comments"):
        charlie.get(path)
        assert charlie.status == 404


def test_the_comments_go_with_their_run(people: tuple[Personas, Api, int]) -> None:
    who, alice, run = people
    other = runs.start(runs.a_version(gated(), team=who.team))
    for each in (run, other):
        alice.post(f"runs/{each}/comments", {"text": "Look"})
    operations.cancel(run=run, by="alice")
    deleting.delete_run(by=who.alice, run=run, now=NOW)
    assert list(Comment.objects.of(who.team).values_list("subject", flat=True)) == [f"run:{other}"]
