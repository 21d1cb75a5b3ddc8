"""What programs do to the REST API at the same moment."""

from functools import partial
from typing import Any

import pytest

from orchestrator.models import Run, RunFile, Version
from orchestrator.operations import files
from reviews.models import Review, Vote
from teams.models import Team
from teams.operations.tokens import create_token
from teams.policy import permissions_of
from tests import runs
from tests.api import Api
from tests.personas import NOW, Personas, personas
from tests.threads import at_once
from tests.world import gated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]


@pytest.fixture
def people() -> Personas:
    return personas()


def token(people: Personas) -> str:
    by = people.alice
    return create_token(by=by, name="t", permissions=permissions_of(by.role), expires_at=None, now=NOW).text


def posted(text: str, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
    """One request as a program of its own."""
    api = Api(text)
    answer = api.post(path, body, key=key)
    return api.status, answer


def a_workflow(people: Personas, document: Any = None) -> Version:
    return runs.a_version(document or gated(), team=people.team)


def test_a_start_that_is_sent_four_times_at_once_is_one_run(people: Personas) -> None:
    body = {"version": a_workflow(people).pk, "input": {"message": "x"}}
    found = at_once([partial(posted, token(people), "runs", body, "same")] * 4)
    assert {status for status, _ in found} == {201}, found  # type: ignore[misc]
    assert len({answer["id"] for _, answer in found}) == 1  # type: ignore[misc]
    assert Run.objects.of(people.team).count() == 1


def test_at_the_limit_one_of_four_starts_is_the_last_that_fits(people: Personas) -> None:
    Team.objects.filter(pk=people.team.pk).update(max_concurrent_runs=1)
    body = {"version": a_workflow(people).pk, "input": {"message": "x"}}
    found = at_once([partial(posted, token(people), "runs", body)] * 4)
    assert sorted(status for status, _ in found) == [201, 429, 429, 429], found  # type: ignore[misc]
    assert Run.objects.of(people.team).count() == 1


def test_an_upload_is_taken_by_one_of_two_runs(people: Personas) -> None:
    schema = {"type": "object", "properties": {"paper": {"type": "string", "format": "file"}}}
    document = {**gated("{{ inputs.paper }}"), "inputs": schema}
    paper = files.upload(by=people.alice, name="a.txt", content=b"hello")
    body = {"version": a_workflow(people, document).pk, "input": {"paper": f"file:{paper.pk}"}}
    found = at_once([partial(posted, token(people), "runs", body)] * 2)
    assert sorted(status for status, _ in found)[0] == 201, found  # type: ignore[misc]
    assert sorted(status for status, _ in found)[1] in (409, 422)  # type: ignore[misc]
    assert RunFile.objects.of(people.team).get().run_id == Run.objects.of(people.team).get().pk


def test_a_decision_that_is_retried_while_it_is_made_is_made_once(people: Personas) -> None:
    run = runs.start(a_workflow(people), {"message": "x"})
    runs.work(run)
    review = Review.objects.of(people.team).get().pk
    path, body = f"reviews/{review}/decide", {"verdict": "approved"}
    found = at_once(
        [partial(posted, token(people), path, body, "same")] * 2 + [partial(posted, token(people), path, body)]
    )
    assert {status for status, _ in found} <= {200, 409}, found  # type: ignore[misc]
    assert Vote.objects.of(people.team).count() == 1
    runs.work(run)
    assert runs.status(run) == "succeeded"


def test_one_file_stored_by_four_at_once_is_one_unlisted_version(people: Personas) -> None:
    body = {"name": "Same", "document": gated()}
    found = at_once([partial(posted, token(people), "workflows/unlisted", body)] * 4)
    assert {status for status, _ in found} == {201}, found  # type: ignore[misc]
    assert len({answer["version"] for _, answer in found}) == 1  # type: ignore[misc]
