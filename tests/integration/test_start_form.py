"""The form that starts a run: made from the schema, filled by samples, with files; sent twice it starts one run."""

import io
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from builder.templates import GALLERY
from orchestrator.models import Budget, Run, RunFile, Version, Workflow
from orchestrator.operations.files import LARGEST
from orchestrator.queries.runs import ends_of
from teams.callers import Caller
from teams.models import User
from teams.policy import Role
from tests import runs
from tests.personas import Personas, personas
from tests.world import gated

pytestmark = [pytest.mark.django_db]
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["message", "paper"],
    "properties": {
        "message": {"type": "string", "title": "Message", "maxLength": 40},
        "amount": {"type": "number", "title": "Amount", "minimum": 0},
        "tags": {"type": "array", "title": "Tags", "items": {"type": "string", "maxLength": 20}},
        "paper": {"type": "string", "format": "file", "title": "Paper"},
    },
}


@pytest.fixture
def who() -> Personas:
    return personas(bobs_role=Role.runner)


def signed_in(by: Caller) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=by.user_id or 0), "django.contrib.auth.backends.ModelBackend")
    return client


def text_of(answer: HttpResponseBase) -> str:
    return " ".join(b"".join(answer).decode().split())


def a_form(who: Personas, schema: dict[str, Any] = FORM) -> str:
    document = {**gated("Dear {{ inputs.message }}"), "inputs": schema}
    return f"/workflows/{runs.a_version(document, team=who.team).workflow_id}/start/"


def a_file(content: bytes = b"Minutes of the meeting", name: str = "minutes.txt") -> io.BytesIO:
    found = io.BytesIO(content)
    found.name = name
    return found


def template(who: Personas, name: str) -> str:
    return str(signed_in(who.alice).post(f"/workflows/templates/{name}/use/", {"key": name})["Location"])


def only_run(who: Personas) -> Run:
    return Run.objects.of(who.team).get()


def test_a_run_starts_with_what_was_filled_in_and_its_file(who: Personas) -> None:
    address = a_form(who)
    values = {"input.message": "Hello", "input.amount": "2.5", "input.tags~n": "1", "input.tags.0": "new"}
    answer = signed_in(who.bob).post(address, {**values, "input.paper": a_file()})
    run = only_run(who)
    assert answer["Location"] == f"/runs/{run.pk}/"
    stored = RunFile.objects.of(who.team).get(run=run)
    assert ends_of(run).input == {
        "message": "Hello",
        "amount": 2.5,
        "tags": ["new"],
        "paper": f"file:{stored.pk}",
    }
    assert (run.trigger, run.started_by_id, stored.name) == ("person", who.bob.user_id, "minutes.txt")


def test_a_form_that_is_sent_twice_starts_one_run(who: Personas) -> None:
    address = a_form(who, {"type": "object", "properties": {"message": {"type": "string"}}})
    client = signed_in(who.bob)
    answers = [client.post(address, {"key": "one", "input.message": "Hello"}) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"] == f"/runs/{only_run(who).pk}/"
    client.post(address, {"key": "another", "input.message": "Hello"})
    assert Run.objects.of(who.team).count() == 2


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(who: Personas) -> None:
    address = a_form(who)
    client = signed_in(who.bob)
    wrong = client.post(address, {"input.amount": "-1", "input.paper": a_file(), "input.tags~n": "0"})
    text = text_of(wrong)
    assert wrong.status_code == 422
    assert "This field is required." in text
    assert "minutes.txt" in text
    assert not Run.objects.of(who.team).exists()
    kept = RunFile.objects.of(who.team).get()
    again = client.post(address, {"input.message": "Hello", "input.paper~kept": f"file:{kept.pk}"})
    assert again.status_code == 302
    assert ends_of(only_run(who)).input["paper"] == f"file:{kept.pk}"


def test_htmx_gets_the_form_alone_and_then_the_address_of_the_run(who: Personas) -> None:
    address = a_form(who, {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}})
    client = signed_in(who.bob)
    wrong = client.post(address, {}, headers=PARTIAL)
    assert wrong.status_code == 422
    assert text_of(wrong).startswith("<form")
    started = client.post(address, {"input.message": "Hello"}, headers=PARTIAL)
    assert started["HX-Redirect"] == f"/runs/{only_run(who).pk}/"


def test_a_row_more_is_no_attempt_to_start(who: Personas) -> None:
    answer = signed_in(who.bob).post(a_form(who), {"input.tags~n": "0", "input~do": "add input.tags"}, headers=PARTIAL)
    assert answer.status_code == 200
    assert 'name="input.tags.0"' in text_of(answer)
    assert "required." not in text_of(answer)


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"x" * (LARGEST + 1), "Split it")])
def test_a_file_that_cannot_be_kept_is_told(who: Personas, content: bytes, said: str) -> None:
    answer = signed_in(who.bob).post(a_form(who), {"input.message": "Hello", "input.paper": a_file(content)})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Run.objects.of(who.team).exists()


def test_another_teams_upload_is_not_taken(who: Personas) -> None:
    theirs = a_form(who)
    signed_in(who.bob).post(theirs, {"input.paper": a_file()})
    stolen = RunFile.objects.of(who.team).get()
    document = {**gated(), "inputs": FORM}
    own = runs.a_version(document, team=who.other_team)
    answer = signed_in(who.charlie).post(
        f"/workflows/{own.workflow_id}/start/", {"input.message": "Hi", "input.paper~kept": f"file:{stolen.pk}"}
    )
    text = text_of(answer)
    assert answer.status_code == 422
    assert "there is no upload" in text
    assert "minutes.txt" not in text


def test_a_sample_fills_the_form(who: Personas) -> None:
    address = template(who, "support_ticket")
    text = text_of(signed_in(who.bob).get(f"{address}?sample=3"))
    assert "hope you are having a good week" in text
    assert 'value="C-1001"' in text
    assert signed_in(who.bob).get(f"{address}?sample=99").status_code == 200


def test_the_files_of_a_sample_become_the_runs(who: Personas) -> None:
    address = template(who, "summarise_documents")
    client = signed_in(who.bob)
    page = text_of(client.get(f"{address}?sample=3"))
    assert "night_handover.docx" in page
    path = "summarise_documents/night_handover.docx"
    assert client.post(address, {"input.documents~kept": path, "input.focus": "dates"}).status_code == 302
    stored = RunFile.objects.of(who.team).get(run=only_run(who))
    assert stored.name == "night_handover.docx"
    assert stored.stored.read() == (GALLERY / path).read_bytes()


@pytest.mark.parametrize(
    "path", ["../templates.py", "/etc/passwd", "support_ticket.yaml", "support_ticket/customers.csv"]
)
def test_no_other_file_of_the_server_becomes_an_input(who: Personas, path: str) -> None:
    address = template(who, "summarise_documents")
    answer = signed_in(who.bob).post(address, {"input.documents~kept": path, "input.focus": "dates"})
    assert answer.status_code == 422
    assert not RunFile.objects.of(who.team).exists()


def test_a_sample_whose_files_are_not_there_asks_for_others(who: Personas) -> None:
    version = runs.a_version({**gated(), "inputs": FORM}, team=who.team)
    samples = [{"name": "Old", "inputs": {"message": "Hello", "paper": "folder/gone.pdf"}}]
    Version.objects.of(who.team).filter(pk=version.pk).update(samples=samples)
    text = text_of(signed_in(who.bob).get(f"/workflows/{version.workflow_id}/start/?sample=0"))
    assert "did not come with the workflow" in text
    assert "gone.pdf" not in text
    assert 'value="Hello"' in text


def test_the_budget_of_a_run_only_gets_smaller(who: Personas) -> None:
    document = {**gated(), "inputs": {"type": "object"}, "budget": {"calls": 5, "money": 500_000}}
    workflow = runs.a_version(document, team=who.team).workflow_id
    address = f"/workflows/{workflow}/start/"
    client = signed_in(who.bob)
    assert "5 calls" in text_of(client.get(address))
    client.post(address, {"budget-calls": "9", "budget-money": "0.2"})
    rows = Budget.objects.of(who.team).filter(subject=f"run:{only_run(who).pk}").values_list("unit", "most")
    assert dict(rows) == {"calls": 5, "money": 200_000}
    assert client.post(address, {"budget-calls": "-1"}).status_code == 422


def test_an_older_version_can_be_started(who: Personas) -> None:
    first = runs.a_version({**gated(), "inputs": {"type": "object"}}, team=who.team)
    Version.objects.create(workflow=first.workflow, number=2, document=first.document, digest="other")
    address = f"/workflows/{first.workflow_id}/start/?number=1"
    client = signed_in(who.bob)
    assert "Version 1" in text_of(client.get(address))
    client.post(address)
    assert only_run(who).version_id == first.pk
    assert Workflow.objects.of(who.team).count() == 1
