"""Workflows by the REST API: made from files and documents, published, exported, run unlisted."""

from typing import Any

import pytest

from builder.portable import read_file
from orchestrator.models import Version, Workflow
from teams.models import Table
from tests import runs
from tests.api import Api, owner
from tests.personas import Personas

pytestmark = pytest.mark.django_db

FILE = """
schema: 1
name: Greeting
description: Says hello.
inputs: {type: object, required: [name], properties: {name: {type: string}}}
tables: {customers: [{number: C-1, name: Ada}, {number: C-2, name: Bob}]}
samples: [{name: Ada, inputs: {name: Ada}}]
nodes:
  hello: {type: transform, config: {template: "Hello {{ inputs.name }}"}}
output: {said: "{{ hello }}"}
layout: {hello: [10, 20]}
"""


@pytest.fixture
def people() -> tuple[Personas, Api]:
    return owner()


def document(text: str = "Hi {{ inputs.name }}") -> Any:
    return {
        "nodes": {"hi": {"type": "transform", "config": {"template": text}}},
        "edges": [],
        "output": {"said": "{{ hi }}"},
    }


def test_a_file_becomes_a_workflow_with_its_tables_and_can_be_run(people: tuple[Personas, Api]) -> None:
    who, api = people
    made = api.post_yaml("workflows", FILE)
    assert (api.status, made["slug"], made["number"]) == (201, "greeting", 1)
    assert Table.objects.of(who.team).get().row_count == 2
    run = api.post("runs", {"workflow": "greeting", "input": {"name": "Ada"}})["id"]
    runs.work(run)
    assert api.get(f"runs/{run}")["output"] == {"said": "Hello Ada"}
    whole = api.get("workflows/greeting")
    assert (whole["newest"], whole["version"]["samples"][0]["name"]) == (1, "Ada")


def test_an_exported_file_is_the_same_workflow_again(people: tuple[Personas, Api]) -> None:
    _, api = people
    made = api.post_yaml("workflows", FILE)
    text = api.get("workflows/greeting/export", tables="customers")
    found, was = read_file(text, base=None), read_file(FILE, base=None)
    assert (found.document, found.samples, found.layout) == (was.document, was.samples, was.layout)
    assert found.tables == was.tables
    again = api.post_yaml("workflows/import", text)
    assert (again["id"], again["digest"]) == (made["id"], made["digest"])
    assert "customers" not in read_file(api.get("workflows/greeting/export"), base=None).tables


def test_importing_a_changed_file_publishes_the_next_version(people: tuple[Personas, Api]) -> None:
    _, api = people
    api.post_yaml("workflows/import", FILE)
    changed = api.post_yaml("workflows/import", FILE.replace("Hello", "Good day"))
    assert (api.status, changed["slug"], changed["number"]) == (201, "greeting", 2)
    listed = api.get("workflows/greeting/versions")
    assert [version["number"] for version in listed["items"]] == [2, 1]
    old = api.get("workflows/greeting/versions/1")
    assert old["document"]["nodes"]["hello"]["config"]["template"].startswith("Hello")


def test_a_document_is_published_and_errors_in_it_are_told_with_their_node(people: tuple[Personas, Api]) -> None:
    _, api = people
    api.post("workflows", {"name": "Hi", "document": document()})
    assert api.status == 201
    broken = api.post("workflows/hi/versions", {"name": "Hi", "document": document("{{ nobody.text }}")})
    assert (api.status, broken["code"]) == (422, "wrong_workflow")
    assert [(one["node"], one["code"]) for one in broken["problems"]] == [("hi", "unknown_reference")]
    hopeless: Any
    for hopeless in ({"nodes": 7}, {"nodes": {"a": 3}}, {"edges": []}):
        api.post("workflows", {"name": "No", "document": hopeless})
        assert api.status == 422, hopeless
    assert api.post("workflows", {"name": "Neither"})["code"] == "no_workflow"


def test_a_wrong_file_is_told_line_by_line(people: tuple[Personas, Api]) -> None:
    _, api = people
    found = api.post_yaml("workflows", FILE.replace("type: transform", "type: magic"))
    assert (api.status, found["code"]) == (422, "wrong_workflow")
    assert found["problems"][0]["line"] == 9
    assert api.post_yaml("workflows", "a: [")["problems"][0]["code"] == "wrong_yaml"
    told = api.post_yaml("workflows/validate", FILE.replace("type: transform", "type: magic"))
    assert (told["is_valid"], told["problems"][0]["line"]) == (False, 9)
    assert not Workflow.unscoped.exists()


def test_an_unlisted_version_is_found_by_its_digest_and_in_no_list(people: tuple[Personas, Api]) -> None:
    who, api = people
    first = api.post_yaml("workflows/unlisted", FILE)
    again = api.post_yaml("workflows/unlisted", FILE)
    assert (api.status, again["version"]) == (201, first["version"])
    other = api.post_yaml("workflows/unlisted", FILE.replace("Hello", "Good day"))
    assert other["version"] != first["version"]
    assert api.get("workflows")["items"] == []
    run = api.post("runs", {"version": first["version"], "input": {"name": "Ada"}, "trigger": "command"})
    assert (run["name"], run["trigger"]) == ("Greeting", "command")
    assert Version.objects.of(who.team).count() == 2
    api.get("workflows/unlisted/versions")
    assert api.status == 404


def test_a_files_table_never_replaces_the_teams_other_rows_unasked(people: tuple[Personas, Api]) -> None:
    who, api = people
    api.send("put", "tables/Customers", {"rows": [{"number": "real", "name": "Real customer"}]})
    refused = api.post_yaml("workflows/unlisted", FILE)
    assert (api.status, refused["code"], refused["table"]) == (409, "table_differs", "Customers")
    assert Table.objects.of(who.team).get().row_count == 1
    api.post_yaml("workflows/unlisted?replace_tables=1", FILE)
    assert (api.status, Table.objects.of(who.team).get().row_count) == (201, 2)


def test_two_workflows_of_one_name_get_two_slugs_and_a_chosen_slug_is_taken_once(people: tuple[Personas, Api]) -> None:
    _, api = people
    given = {"name": "Hi", "document": document()}
    assert [api.post("workflows", given)["slug"] for _ in range(3)] == ["hi", "hi-2", "hi-3"]
    api.post("workflows", {**given, "slug": "hi"})
    assert (api.status, api.answer.json()["code"]) == (409, "slug_taken")
    assert [one["slug"] for one in api.get("workflows", limit=2)["items"]] == ["hi", "hi-2"]
    assert [one["slug"] for one in api.get("workflows", after="hi-2")["items"]] == ["hi-3"]


def test_the_schema_of_files_is_served(people: tuple[Personas, Api]) -> None:
    _, api = people
    assert "transform" in str(api.get("workflow.schema.json")["$defs"])


def test_a_workflow_is_renamed_tagged_copied_put_away_and_brought_back(people: tuple[Personas, Api]) -> None:
    _, api = people
    api.post_yaml("workflows", FILE)
    changed = api.send("patch", "workflows/greeting", {"name": "Salute", "tags": ["Hello", "hello", "b"]})
    assert (changed["slug"], changed["name"], set(changed["tags"])) == ("greeting", "Salute", {"Hello", "b"})
    copy = api.post("workflows/greeting/duplicate", {"name": "Salute again"}, key="once")
    assert api.post("workflows/greeting/duplicate", {"name": "Salute again"}, key="once") == copy
    assert set(api.get("workflows/salute-again")["tags"]) == {"Hello", "b"}
    api.post("workflows/greeting/archive")
    assert [one["slug"] for one in api.get("workflows")["items"]] == ["salute-again"]
    refused = api.post("runs", {"workflow": "greeting", "input": {"name": "Ada"}})
    assert (api.status, refused["code"]) == (409, "workflow_put_away")
    api.post("workflows/greeting/restore")
    assert api.get("workflows/greeting")["archived_at"] is None


def test_a_deleted_workflow_is_not_found_until_it_is_restored(people: tuple[Personas, Api]) -> None:
    _, api = people
    made = api.post_yaml("workflows", FILE)
    api.send("delete", "workflows/greeting")
    assert api.status == 204
    for path in ("workflows/greeting", f"versions/{made['id']}", "workflows/greeting/export"):
        api.get(path)
        assert api.status == 404, path
    api.post("workflows/greeting/restore")
    api.get(f"versions/{made['id']}")
    assert api.status == 200


@pytest.mark.parametrize("tags", [["x" * 41], ["a,b"], [str(number) for number in range(21)]])
def test_tags_that_cannot_be_shown_are_refused(people: tuple[Personas, Api], tags: list[str]) -> None:
    _, api = people
    api.post_yaml("workflows", FILE)
    assert api.send("patch", "workflows/greeting", {"tags": tags})["code"] == "wrong_tags"
