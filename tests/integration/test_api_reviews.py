"""Reviews by the REST API: list, look at, claim, decide once."""

import pytest

from teams.policy import Role
from tests import runs
from tests.api import Api, api_as, owner
from tests.personas import Personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]

GATED = {
    "inputs": {"type": "object", "properties": {"message": {"type": "string"}}},
    "nodes": {
        "reply": {"type": "transform", "config": {"template": "Dear {{ inputs.message }}"}, "gate": {"when": "always"}}
    },
    "edges": [],
    "output": {"reply": "{{ reply }}"},
}


@pytest.fixture
def people() -> tuple[Personas, Api]:
    return owner()


def waiting(who: Personas, api: Api) -> tuple[int, int]:
    """A run that waits for a review; both ids."""
    version = runs.a_version(GATED, team=who.team)
    run = api.post("runs", {"version": version.pk, "input": {"message": "Ada"}})["id"]
    runs.work(run)
    return run, api.get("reviews", run=run)["items"][0]["id"]


def test_a_review_shows_what_is_asked_and_what_may_be_decided(people: tuple[Personas, Api]) -> None:
    who, api = people
    run, review = waiting(who, api)
    found = api.get(f"reviews/{review}")
    assert (found["kind"], found["run"], found["path"], found["status"]) == ("output", run, "reply", "open")
    assert (found["subject"], found["editable"]) == ("Dear Ada", "Dear Ada")
    assert [one["word"] for one in found["verdicts"]] == ["approved", "edited", "changes_requested", "rejected"]
    assert found["url"].endswith(f"/api/v1/reviews/{review}")
    assert found["may_decide"] is True
    assert api.get(f"runs/{run}")["steps"][1]["word"] == {"text": "Needs review", "icon": "user-check"}


def test_an_edited_reply_is_what_the_run_ends_with(people: tuple[Personas, Api]) -> None:
    who, api = people
    run, review = waiting(who, api)
    decided = api.post(f"reviews/{review}/decide", {"verdict": "edited", "value": "Dear Ada, hello"}, key="d")
    assert (api.status, decided["status"], decided["verdict"]) == (200, "closed", "edited")
    again = api.post(f"reviews/{review}/decide", {"verdict": "edited", "value": "Dear Ada, hello"}, key="d")
    assert again == decided
    runs.work(run)
    shown = api.get(f"runs/{run}")
    assert shown["output"] == {"reply": "Dear Ada, hello"}
    assert shown["steps"][1]["edited_by_people"] is True
    assert api.get(f"runs/{run}/step", path="reply")["original"] == "Dear Ada"


def test_who_decides_second_is_told_who_won(people: tuple[Personas, Api]) -> None:
    who, api = people
    _, review = waiting(who, api)
    bob = api_as(who, Role.reviewer)
    assert bob.post(f"reviews/{review}/decide", {"verdict": "approved"})["verdict"] == "approved"
    late = api.post(f"reviews/{review}/decide", {"verdict": "rejected"})
    assert (api.status, late["code"], late["by"]) == (409, "already_decided", "bob@example.org")


def test_a_claim_keeps_others_from_deciding_until_it_is_released(people: tuple[Personas, Api]) -> None:
    who, api = people
    _, review = waiting(who, api)
    bob = api_as(who, Role.viewer)
    bob.post(f"reviews/{review}/claim")
    assert bob.status == 200
    held = api.post(f"reviews/{review}/decide", {"verdict": "approved"})
    assert (api.status, held["code"], held["holder"]) == (409, "held_by_another", "bob@example.org")
    assert api.get("reviews", view="unclaimed")["items"] == []
    bob.post(f"reviews/{review}/release")
    assert bob.status == 204
    api.post(f"reviews/{review}/decide", {"verdict": "approved"})
    assert api.status == 200


def test_a_wrong_verdict_says_which_ones_there_are(people: tuple[Personas, Api]) -> None:
    who, api = people
    _, review = waiting(who, api)
    found = api.post(f"reviews/{review}/decide", {"verdict": "maybe"})
    assert (api.status, found["code"]) == (422, "wrong_decision")
    assert "approved" in found["verdicts"]


def test_a_reviewer_sees_the_own_queues_and_neither_runs_nor_other_queues(people: tuple[Personas, Api]) -> None:
    who, api = people
    run, review = waiting(who, api)
    bob = api_as(who, Role.reviewer)
    assert bob.get(f"reviews/{review}")["id"] == review
    bob.get(f"runs/{run}")
    assert bob.status == 403
    queue = api.send("put", "queues/default", {"name": "Default", "members": [who.alice.member_id]})
    assert queue["members"] == [who.alice.member_id]
    assert bob.get(f"reviews/{review}")["code"] == "no_such_review"
    assert bob.status == 404
    assert bob.get("reviews")["items"] == []
