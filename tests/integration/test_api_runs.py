"""Runs by the REST API: start, list, look at, and what people do to them."""

from io import BytesIO
from typing import Any

import pytest

from orchestrator.models import Budget, Limit, Run, RunFile, Step, Version
from orchestrator.operations.starting import runs_subject
from teams.models import Team
from tests import runs
from tests.api import Api, owner
from tests.personas import Personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]

MESSAGE = {
    "inputs": {
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": {"type": "string"},
            "customer": {"type": "string", "default": "C-1001"},
            "papers": {"type": "array", "items": {"type": "string", "format": "file"}},
        },
    },
    "nodes": {"shout": {"type": "transform", "config": {"template": "{{ inputs.message }}!"}}},
    "edges": [],
    "output": {"said": "{{ shout }}", "to": "{{ inputs.customer }}"},
}


@pytest.fixture
def people() -> tuple[Personas, Api]:
    return owner()


def a_workflow(people: Personas, document: Any = MESSAGE) -> Version:
    return runs.a_version(document, team=people.team)


def started(api: Api, version: Version, **more: Any) -> int:
    found = api.post("runs", {"version": version.pk, "input": {"message": "hello"}, **more})
    assert api.status == 201, found
    return int(found["id"])


def test_a_run_is_started_by_its_workflows_slug_and_shows_input_output_and_steps(people: tuple[Personas, Api]) -> None:
    who, api = people
    version = a_workflow(who)
    found = api.post("runs", {"workflow": version.workflow.slug, "input": {"message": "hello"}})
    assert (api.status, found["status"], found["word"]["text"]) == (201, "queued", "Queued")
    runs.work(found["id"])
    run = api.get(f"runs/{found['id']}")
    assert (run["status"], run["output"]) == ("succeeded", {"said": "hello!", "to": "C-1001"})
    assert run["input"] == {"message": "hello", "customer": "C-1001"}
    assert [(step["path"], step["type"], step["status"]) for step in run["steps"]] == [
        ("start", "start", "succeeded"),
        ("shout", "transform", "succeeded"),
        ("end", "end", "succeeded"),
    ]
    assert all(step["started_at"] and step["finished_at"] for step in run["steps"]), run["steps"]
    assert run["started_by"] == "Alice"


def test_a_repeated_request_gets_the_same_run_and_starts_no_other(people: tuple[Personas, Api]) -> None:
    who, api = people
    body = {"version": a_workflow(who).pk, "input": {"message": "hello"}}
    first = api.post("runs", body, key="one")
    again = api.post("runs", body, key="one")
    assert (again, api.answer["Idempotency-Replayed"]) == (first, "true")
    assert Run.objects.of(who.team).count() == 1
    other = api.post("runs", {**body, "input": {"message": "other"}}, key="one")
    assert (api.status, other["code"]) == (422, "idempotency_key_reused")


def test_a_wrong_input_is_told_place_by_place_and_starts_nothing(people: tuple[Personas, Api]) -> None:
    who, api = people
    given = {"mesage": "slip", "papers": ["file:none"]}
    found = api.post("runs", {"version": a_workflow(who).pk, "input": given})
    assert (api.status, found["code"]) == (422, "wrong_input")
    told = " ".join(found["problems"])
    assert "'message' is a required property" in told
    assert "mesage: the workflow has no such input; it has customer, message, papers" in told
    assert "papers/0: there is no upload 'file:none'; upload the file to /api/v1/files first" in told
    assert not Run.objects.of(who.team).exists()


def test_an_uploaded_file_belongs_to_the_run_that_names_it_and_to_no_other(people: tuple[Personas, Api]) -> None:
    who, api = people
    version = a_workflow(who)
    paper = BytesIO(b"%PDF-1.7 is how a PDF begins")
    paper.name = "../../etc/pass\x00wd.exe"
    sent = api.upload(paper)
    assert (api.status, sent["name"], sent["media_type"]) == (201, "passwd.exe", "application/pdf")
    given = {"message": "see", "papers": [sent["reference"]]}
    run = started(api, version, input=given)
    assert RunFile.objects.of(who.team).get().run_id == run
    again = api.post("runs", {"version": version.pk, "input": given})
    assert (api.status, again["code"]) == (422, "wrong_input")
    api.get(f"files/{sent['id']}")
    assert api.answer["Content-Disposition"].startswith("attachment")
    assert api.answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(api.answer.streaming_content) == b"%PDF-1.7 is how a PDF begins"


def test_pages_of_the_list_follow_each_other_without_gap_or_repeat(people: tuple[Personas, Api]) -> None:
    who, api = people
    version = a_workflow(who)
    ids = [started(api, version) for _ in range(5)]
    first = api.get("runs", limit=2)
    second = api.get("runs", limit=2, before=first["next"])
    third = api.get("runs", limit=2, before=second["next"])
    assert [run["id"] for page in (first, second, third) for run in page["items"]] == ids[::-1]
    assert third["next"] is None


def test_the_list_is_filtered_by_status_and_workflow(people: tuple[Personas, Api]) -> None:
    who, api = people
    mine, other = a_workflow(who), a_workflow(who)
    done, queued = started(api, mine), started(api, mine)
    started(api, other)
    runs.work(done)
    found = api.get("runs", status=["queued", "running"], workflow=mine.workflow.slug)
    assert [run["id"] for run in found["items"]] == [queued]
    assert api.get("runs", status="sleeping")["code"] == "wrong_request"
    assert api.status == 422


def test_a_run_is_paused_resumed_and_cancelled(people: tuple[Personas, Api]) -> None:
    who, api = people
    run = started(api, a_workflow(who))
    assert api.post(f"runs/{run}/pause")["status"] == "paused"
    assert api.post(f"runs/{run}/resume", key="k")["status"] == "queued"
    assert api.post(f"runs/{run}/resume", key="k")["status"] == "queued"
    cancelled = api.post(f"runs/{run}/cancel")
    assert (cancelled["status"], cancelled["word"]["icon"]) == ("cancelled", "ban")
    late = api.post(f"runs/{run}/pause")
    assert (api.status, late["code"]) == (409, "stale_command")


def test_a_failed_step_is_skipped_with_a_typed_output_and_the_run_goes_on(people: tuple[Personas, Api]) -> None:
    who, api = people
    document = {
        "nodes": {"cut": {"type": "transform", "config": {"query": "abs(message)"}}},
        "edges": [],
        "output": {"found": "{{ cut }}"},
    }
    run = started(api, a_workflow(who, document))
    runs.work(run)
    failed = api.get(f"runs/{run}")
    assert (failed["status"], failed["error"]["step"]) == ("failed", "cut")
    assert failed["error"]["message"]
    assert api.post(f"runs/{run}/retry", {"path": "cut"})["status"] == "running"
    runs.work(run)
    assert api.post(f"runs/{run}/skip", {"path": "cut", "output": 7})["status"] == "running"
    runs.work(run)
    assert api.get(f"runs/{run}")["output"] == {"found": 7}
    assert api.get(f"runs/{run}/step", path="cut")["round"] == 2


def test_an_event_wakes_the_run_that_waits_for_it_and_no_other(people: tuple[Personas, Api]) -> None:
    who, api = people
    waits = {"type": "wait", "config": {"event": "paid", "correlation": "{{ inputs.message }}"}}
    version = a_workflow(who, {**MESSAGE, "nodes": {"pay": waits}, "output": {"said": "{{ pay }}"}})
    first, second = (started(api, version, input={"message": name}) for name in ("A", "B"))
    runs.work(first)
    runs.work(second)
    assert api.get(f"runs/{first}")["steps"][1]["word"]["text"] == "Waiting for paid"
    assert api.post("events", {"name": "paid", "correlation": "A", "payload": {"sum": 5}}) == {"delivered": 1}
    runs.work(first)
    assert (runs.status(first), runs.status(second)) == ("succeeded", "waiting")
    assert api.post("events", {"name": "paid", "correlation": "A"}) == {"delivered": 0}


def test_events_come_gapless_page_by_page_and_say_where_to_go_on(people: tuple[Personas, Api]) -> None:
    who, api = people
    run = started(api, a_workflow(who))
    runs.work(run)
    whole = api.get(f"runs/{run}/events")
    seqs = [event["seq"] for event in whole["events"]]
    assert seqs == list(range(1, api.get(f"runs/{run}")["seq"] + 1))
    assert (whole["is_end"], whole["status"]) == (True, "succeeded")
    page = api.get(f"runs/{run}/events", after=1, limit=1)
    assert (page["events"], page["next"], page["is_end"]) == ([whole["events"][1]], 2, False)
    assert set(page["events"][0]) == {"run", "seq", "at", "facts"}


def test_a_long_run_shows_its_steps_in_pages(people: tuple[Personas, Api]) -> None:
    who, api = people
    inner = {"nodes": {"x": {"type": "transform", "config": {"template": "{{ item }}"}}}, "edges": []}
    nodes = {"each": {"type": "map", "config": {"items": "{{ inputs.list }}", "body": inner}}}
    version = a_workflow(who, {"nodes": nodes, "edges": [], "output": {"all": "{{ each }}"}})
    run = started(api, version, input={"list": list(range(600))})
    runs.work(run)
    shown = api.get(f"runs/{run}")
    assert len(shown["steps"]) == 500
    rest = api.get(f"runs/{run}/steps", after=shown["next_steps"])
    assert len(rest["items"]) == 103
    assert rest["next"] is None
    assert shown["output"] == {"all": list(range(600))}


def test_a_large_output_is_cut_in_the_list_and_whole_in_the_step(people: tuple[Personas, Api]) -> None:
    who, api = people
    run = started(api, a_workflow(who), input={"message": "x" * 40_000})
    runs.work(run)
    step = api.get(f"runs/{run}")["steps"][1]
    assert (step["output"], step["is_cut"]) == (None, True)
    assert api.get(f"runs/{run}/step", path="shout")["output"] == "x" * 40_000 + "!"
    nothing = api.get(f"runs/{run}/step", path="nowhere")
    assert (api.status, nothing["code"]) == (404, "no_such_step")


def test_a_run_begins_with_its_versions_budget_which_the_starter_can_only_narrow(people: tuple[Personas, Api]) -> None:
    who, api = people
    version = a_workflow(who, {**MESSAGE, "budget": {"money": 500_000, "calls": 40}})
    run = started(api, version, budget={"money": 0.2, "calls": 90, "tokens": 1000})
    rows = Budget.objects.of(who.team).filter(subject=f"run:{run}").values_list("unit", "most")
    assert dict(rows) == {"money": 200_000, "calls": 40, "tokens": 1000}


@pytest.mark.parametrize("whose", ["team", "workflow"])
def test_at_the_limit_of_runs_a_start_is_refused_and_says_when_to_come_back(
    people: tuple[Personas, Api], whose: str
) -> None:
    who, api = people
    version = a_workflow(who)
    if whose == "team":
        Team.objects.filter(pk=who.team.pk).update(max_concurrent_runs=1)
    else:
        Limit.objects.create(team=who.team, subject=runs_subject(version.workflow_id), capacity=1)
    first = started(api, version)
    found = api.post("runs", {"version": version.pk, "input": {"message": "two"}}, key="later")
    assert (api.status, found["code"], api.answer["Retry-After"]) == (429, "too_many_runs", "10")
    runs.work(first)
    api.post("runs", {"version": version.pk, "input": {"message": "two"}}, key="later")
    assert api.status == 201


def test_a_start_must_say_what_to_start(people: tuple[Personas, Api]) -> None:
    _, api = people
    assert api.post("runs", {})["code"] == "wrong_start"
    assert api.post("runs", {"workflow": "nothing-here"})["code"] == "no_such_workflow"
    assert api.status == 404
    unknown = api.post("runs", {"flow": "x"})
    assert (api.status, unknown["code"], unknown["errors"][0]["place"]) == (422, "wrong_request", "body.body.flow")


def test_the_calls_of_a_step_are_shown_with_what_was_said(people: tuple[Personas, Api]) -> None:
    who, api = people
    asks = {"type": "prompt", "config": {"prompt": "Say hello to {{ inputs.message }}"}}
    run = started(api, a_workflow(who, {**MESSAGE, "nodes": {"hello": asks}, "output": {"said": "{{ hello }}"}}))
    runs.work(run)
    step = api.get(f"runs/{run}/step", path="hello")
    [call] = step["calls"]
    assert (call["kind"], call["status"]) == ("model", "done")
    assert "Say hello to hello" in str(call["request"]["messages"])
    assert Step.objects.of(who.team).get(run=run, path="hello").status == "succeeded"
