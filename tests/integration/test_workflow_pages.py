"""The pages of workflows in a browser's words: the list, the gallery, importing, one workflow, what is done to it."""

from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from builder.portable import read_file
from builder.templates import templates
from orchestrator.models import Limit, Run, Version, Workflow
from orchestrator.operations import arranging, deleting
from orchestrator.queries.clock import current_time
from orchestrator.queries.runs import moment
from teams.callers import Caller
from teams.models import Member, Table, User
from teams.operations.tables import import_table
from teams.policy import Role
from tests import runs
from tests.personas import NOW, Personas, personas
from tests.world import FAILS, gated

pytestmark = [pytest.mark.django_db]
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
MANY = 12
FILE = """
schema: 1
name: Greeting
description: Says hello.
tags: [hello, small]
inputs: {type: object, required: [name], properties: {name: {type: string, title: Name}}}
samples: [{name: Ada, inputs: {name: Ada}}]
nodes:
  hello: {type: transform, config: {template: "Hello {{ inputs.name }}"}}
output: {said: "{{ hello }}"}
"""


@pytest.fixture
def who() -> Personas:
    return personas(bobs_role=Role.runner)


def signed_in(by: Caller) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=by.user_id or 0), "django.contrib.auth.backends.ModelBackend")
    return client


def become(who: Personas, role: Role) -> Client:
    Member.objects.of(who.team).filter(pk=who.bob.member_id or 0).update(role=role)
    return signed_in(who.bob)


def text_of(answer: HttpResponseBase) -> str:
    return " ".join(b"".join(answer).decode().split())


def a_workflow(who: Personas, name: str = "Answer mail", document: object = None) -> Workflow:
    version = runs.a_version(document if isinstance(document, dict) else gated(), team=who.team)
    Workflow.objects.of(who.team).filter(pk=version.workflow_id).update(name=name)
    return Workflow.objects.of(who.team).get(pk=version.workflow_id)


def ended(workflow: Workflow, status: str, *, days_ago: float = 0, number: int = 1) -> None:
    """Runs that ended so many days ago, as rows."""
    version = Version.objects.of(workflow.team_id).get(workflow=workflow)
    at = runs_now() - days_ago * 86_400
    counters = dict.fromkeys(("open", "ready", "running", "failures", "wakes"), 0)
    Run.objects.bulk_create(
        [
            Run(
                team_id=workflow.team_id,
                version=version,
                status=status,
                seq=1,
                started=True,
                paused=False,
                asks=False,
                input="{}",
                trigger="api",
                created_at=at,
                finished_at=at,
                woken_at=at,
                **counters,
            )
            for _ in range(number)
        ]
    )


def runs_now() -> float:
    return current_time()


# --- The list


def test_a_team_without_workflows_is_offered_three_templates(who: Personas) -> None:
    text = text_of(signed_in(who.alice).get("/workflows/"))
    assert "No workflows yet" in text
    assert text.count("graph-picture") == 3
    assert 'action="/workflows/templates/support_ticket/use/"' in text
    assert "Use this" not in text_of(become(who, Role.viewer).get("/workflows/"))


def test_the_list_tells_the_last_run_the_share_of_success_and_open_reviews(who: Personas) -> None:
    workflow = a_workflow(who)
    ended(workflow, "succeeded", number=2)
    ended(workflow, "failed", days_ago=3)
    ended(workflow, "failed", days_ago=9)
    ended(workflow, "cancelled")
    version = Version.objects.of(who.team).get(workflow=workflow)
    run = runs.start(version, {"message": "Hello"})
    runs.work(run)
    text = text_of(signed_in(who.alice).get("/workflows/"))
    assert "Answer mail" in text
    assert f'href="/runs/{run}/"' in text
    assert "66 % of 3 runs that ended in the last 7 days succeeded" in text
    assert '1<span class="unseen">open reviews' in text


def test_workflows_are_found_by_words_tags_and_who_made_them(who: Personas) -> None:
    a_workflow(who, "Answer mail")
    found = a_workflow(who, "Sort invoices")
    changes = arranging.Changes(tags=["office", "money"])
    arranging.edit_workflow(by=who.alice, slug=found.slug, changes=changes, now=NOW)
    Workflow.objects.of(who.team).filter(pk=found.pk).update(created_by=who.alice.user_id)
    client = signed_in(who.alice)
    for query in ("q=invoices", "q=MONEY", "tag=money", f"owner={who.alice.user_id}", "q=sort+office"):
        text = text_of(client.get(f"/workflows/?{query}", headers=PARTIAL))
        assert ("Sort invoices" in text, "Answer mail" in text) == (True, False), query
    assert "No workflow matches" in text_of(client.get("/workflows/?q=nothing"))


def test_htmx_gets_the_list_alone_and_a_short_address(who: Personas) -> None:
    a_workflow(who)
    answer = signed_in(who.alice).get("/workflows/?q=mail&tag=&owner=", headers=PARTIAL)
    assert "<html" not in text_of(answer)
    assert answer["HX-Push-Url"] == "/workflows/?q=mail"


def test_pages_of_the_list_go_on_where_the_last_one_ended(who: Personas) -> None:
    for number in range(28):
        a_workflow(who, f"Workflow {number:02}")
    client = signed_in(who.alice)
    first = text_of(client.get("/workflows/"))
    last = Workflow.objects.of(who.team).get(name="Workflow 24")
    assert "Workflow 24" in first
    assert "Workflow 25" not in first
    second = text_of(client.get(f"/workflows/?after={last.pk}"))
    assert [f"Workflow {number}" in second for number in (24, 25, 26, 27)] == [False, True, True, True]


@pytest.mark.parametrize("count", [1, MANY])
def test_the_number_of_queries_is_the_same_for_one_and_for_many(
    who: Personas, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        workflow = a_workflow(who, f"Workflow {number}")
        ended(workflow, "succeeded", number=3)
        arranging.edit_workflow(by=who.alice, slug=workflow.slug, changes=arranging.Changes(tags=["a", "b"]), now=NOW)
    client = signed_in(who.alice)
    with django_assert_max_num_queries(19):
        assert client.get("/workflows/").status_code == 200


def test_another_teams_workflows_are_not_there(who: Personas) -> None:
    workflow = a_workflow(who)
    client = signed_in(who.charlie)
    assert "Answer mail" not in text_of(client.get("/workflows/"))
    for path in ("", "start/", "export/"):
        assert client.get(f"/workflows/{workflow.pk}/{path}").status_code == 404
    for path in ("edit/", "limit/", "retention/", "duplicate/", "archive/", "delete/", "restore/"):
        assert client.post(f"/workflows/{workflow.pk}/{path}", {"name": "Mine"}).status_code == 404
    assert Workflow.objects.of(who.team).get(pk=workflow.pk).name == "Answer mail"


ALLOWED = {
    "": Role.viewer,
    "export/": Role.viewer,
    "start/": Role.runner,
    "edit/": Role.editor,
    "duplicate/": Role.publisher,
    "archive/": Role.publisher,
    "restore/": Role.publisher,
    "limit/": Role.admin,
    "retention/": Role.admin,
    "delete/": Role.admin,
}
LADDER = [Role.reviewer, Role.viewer, Role.runner, Role.editor, Role.publisher, Role.admin]


@pytest.mark.parametrize("path", ALLOWED)
def test_each_role_may_what_it_may(who: Personas, path: str) -> None:
    workflow = a_workflow(who)
    first = LADDER.index(ALLOWED[path])
    for place, role in enumerate(LADDER):
        client = become(who, role)
        address = f"/workflows/{workflow.pk}/{path}"
        answer = client.get(address) if path in ("", "export/", "start/") else client.post(address, {"name": "Other"})
        assert (answer.status_code == 403) == (place < first), role
        Workflow.objects.of(who.team).update(archived_at=None, deleted_at=None)


@pytest.mark.parametrize("path", ["", "templates/", "import/"])
def test_pages_want_a_sign_in(path: str) -> None:
    answer = Client().get(f"/workflows/{path}")
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


# --- The gallery and importing


def test_using_a_template_makes_a_workflow_with_tables_samples_and_tags(who: Personas) -> None:
    client = signed_in(who.alice)
    answer = client.post("/workflows/templates/support_ticket/use/", {"key": "once"})
    workflow = Workflow.objects.of(who.team).get(name="Support ticket")
    assert answer["Location"] == f"/workflows/{workflow.pk}/start/"
    assert {tag.name for tag in workflow.tags.all()} == {"support", "routing", "review"}
    assert Table.objects.of(who.team).count() == 7
    page = text_of(client.get(answer["Location"]))
    assert "Two problems, customer for three years" in page
    assert "What the customer wrote" in page


def test_two_clicks_make_one_workflow(who: Personas) -> None:
    client = signed_in(who.alice)
    for _ in range(2):
        assert client.post("/workflows/templates/news_article/use/", {"key": "same"}).status_code == 302
    assert Workflow.objects.of(who.team).count() == 1


def test_a_table_of_the_team_with_other_rows_is_not_replaced_unasked(who: Personas) -> None:
    import_table(by=who.alice, name="customers", rows=[{"customer": "C-9"}], now=NOW)
    client = signed_in(who.alice)
    asked = client.post("/workflows/templates/support_ticket/use/", {"key": "1"})
    assert asked.status_code == 409
    assert "Keep our tables" in text_of(asked)
    assert not Workflow.objects.of(who.team).exists()
    kept = client.post("/workflows/templates/support_ticket/use/", {"key": "2", "tables": "keep"})
    assert kept.status_code == 302
    assert Table.objects.of(who.team).get(name="customers").row_count == 1
    assert client.post("/workflows/templates/support_ticket/use/", {"key": "3", "tables": "replace"}).status_code == 302
    assert Table.objects.of(who.team).get(name="customers").row_count > 1


def test_the_gallery_is_searched_and_only_publishers_use_it(who: Personas) -> None:
    client = become(who, Role.editor)
    text = text_of(client.get("/workflows/templates/?q=parallel"))
    assert text.count("template-card") < len(templates()) + 1
    assert "Use this" not in text
    assert client.post("/workflows/templates/support_ticket/use/").status_code == 403
    assert signed_in(who.alice).post("/workflows/templates/nothing/use/").status_code == 404


def test_a_file_is_imported_and_exported_again(who: Personas) -> None:
    client = signed_in(who.alice)
    answer = client.post("/workflows/import/", {"text": FILE})
    workflow = Workflow.objects.of(who.team).get()
    assert answer["Location"] == f"/workflows/{workflow.pk}/"
    text = client.get(f"/workflows/{workflow.pk}/export/").content.decode()
    assert read_file(text, base=None) == read_file(FILE, base=None)


def test_a_file_becomes_the_next_version_of_a_workflow(who: Personas) -> None:
    client = signed_in(who.alice)
    client.post("/workflows/import/", {"text": FILE})
    workflow = Workflow.objects.of(who.team).get()
    client.post("/workflows/import/", {"text": FILE.replace("Hello", "Good day"), "slug": workflow.slug})
    assert Version.objects.of(who.team).count() == 2
    assert "Version 2" in text_of(client.get(f"/workflows/{workflow.pk}/?tab=versions"))
    assert "Hello" in client.get(f"/workflows/{workflow.pk}/export/?number=1").content.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Choose a file, or paste its text below."),
        ("schema: 1\nname: [", "line "),
        (FILE.replace("type: transform", "type: nothing"), "line 9"),
        (FILE.replace("inputs: {name: Ada}", "inputs: {name: 7}"), "does not fit"),
    ],
)
def test_a_wrong_file_is_told_with_its_lines_and_changes_nothing(who: Personas, text: str, said: str) -> None:
    answer = signed_in(who.alice).post("/workflows/import/", {"text": text})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Workflow.objects.of(who.team).exists()


# --- One workflow


def test_a_workflow_shows_its_graph_a_step_its_versions_and_its_runs(who: Personas) -> None:
    workflow = a_workflow(who)
    run = runs.start(Version.objects.of(who.team).get(workflow=workflow), {"message": "Hello"})
    client = signed_in(who.alice)
    graph = text_of(client.get(f"/workflows/{workflow.pk}/?step=reply"))
    assert "<workflow-canvas" in graph
    assert "Dear {{ inputs.message }}" in graph
    assert "A person looks at what this step makes" in graph
    assert "Version 1" in text_of(client.get(f"/workflows/{workflow.pk}/?tab=versions"))
    assert f'href="/runs/{run}/"' in text_of(client.get(f"/workflows/{workflow.pk}/?tab=runs"))
    assert client.get(f"/workflows/{workflow.pk}/?number=7").status_code == 404
    assert client.get(f"/workflows/{workflow.pk}/?step=none&scope=none").status_code == 200


def test_name_description_and_tags_are_changed_and_the_slug_stays(who: Personas) -> None:
    workflow = a_workflow(who)
    client = signed_in(who.alice)
    values = {"name": "  Answer   letters ", "description": "On paper", "tags": "post, Post,  paper "}
    client.post(f"/workflows/{workflow.pk}/edit/", values)
    found = Workflow.objects.of(who.team).get(pk=workflow.pk)
    assert (found.name, found.description, found.slug) == ("Answer letters", "On paper", workflow.slug)
    assert [tag.name for tag in found.tags.all()] == ["paper", "post"]
    refused = client.post(f"/workflows/{workflow.pk}/edit/", {**values, "name": " "}, follow=True)
    assert "A workflow needs a name" in text_of(refused)


def test_limits_are_kept_and_wrong_ones_told(who: Personas) -> None:
    workflow = a_workflow(who)
    client = signed_in(who.alice)
    client.post(f"/workflows/{workflow.pk}/limit/", {"runs_at_once": "3"})
    assert Limit.objects.of(who.team).get(subject=f"runs:workflow:{workflow.pk}").capacity == 3
    assert 'value="3"' in text_of(client.get(f"/workflows/{workflow.pk}/?tab=settings"))
    client.post(f"/workflows/{workflow.pk}/retention/", {"days": "30", "failed_days": "60"})
    found = Workflow.objects.of(who.team).get(pk=workflow.pk)
    assert (found.keep_days, found.keep_failed_days) == (30, 60)
    refused = client.post(f"/workflows/{workflow.pk}/limit/", {"runs_at_once": "many"}, follow=True)
    assert "A limit is a whole number" in text_of(refused)


def test_a_copy_has_the_newest_version_under_another_name(who: Personas) -> None:
    client = signed_in(who.alice)
    client.post("/workflows/import/", {"text": FILE})
    workflow = Workflow.objects.of(who.team).get()
    client.post(f"/workflows/{workflow.pk}/duplicate/", {"name": "Farewell"})
    copy = Workflow.objects.of(who.team).get(name="Farewell")
    digests = Version.objects.of(who.team).values_list("digest", flat=True)
    assert (len(digests), len(set(digests))) == (2, 1)
    assert {tag.name for tag in copy.tags.all()} == {"hello", "small"}


def test_what_is_archived_is_not_listed_not_started_and_comes_back(who: Personas) -> None:
    workflow = a_workflow(who)
    client = signed_in(who.alice)
    client.post(f"/workflows/{workflow.pk}/archive/")
    assert "Answer mail" not in text_of(client.get("/workflows/?q=mail"))
    assert "Answer mail" in text_of(client.get("/workflows/?archived=1"))
    refused = client.post(f"/workflows/{workflow.pk}/start/", {"input.message": "Hello"})
    assert refused.status_code == 422
    assert "archived or deleted" in text_of(refused)
    client.post(f"/workflows/{workflow.pk}/restore/")
    assert "Answer mail" in text_of(client.get("/workflows/?q=mail"))


def test_a_deleted_workflow_is_gone_and_can_be_brought_back(who: Personas) -> None:
    workflow = a_workflow(who, document=FAILS)
    ended(workflow, "succeeded")
    client = signed_in(who.alice)
    answer = client.post(f"/workflows/{workflow.pk}/delete/")
    assert answer["Location"] == f"/workflows/?undo={workflow.pk}"
    assert "Answer mail is deleted" in text_of(client.get(answer["Location"]))
    assert client.get(f"/workflows/{workflow.pk}/").status_code == 404
    assert "Deleted" in text_of(client.get("/workflows/?archived=1"))
    undone = client.post(f"/workflows/{workflow.pk}/restore/", headers=PARTIAL)
    assert undone["HX-Redirect"] == f"/workflows/{workflow.pk}/"
    assert client.get(f"/workflows/{workflow.pk}/").status_code == 200


def test_a_workflow_with_runs_under_way_is_not_deleted(who: Personas) -> None:
    workflow = a_workflow(who)
    runs.start(Version.objects.of(who.team).get(workflow=workflow), {"message": "Hello"})
    answer = signed_in(who.alice).post(f"/workflows/{workflow.pk}/delete/", follow=True)
    assert "Runs of this workflow have not ended" in text_of(answer)
    assert Workflow.objects.of(who.team).get(pk=workflow.pk).deleted_at is None


def test_a_day_later_the_sweeper_removes_it_with_its_runs(who: Personas) -> None:
    workflow, other = a_workflow(who), a_workflow(who, "Other")
    for one in (workflow, other):
        ended(one, "succeeded", number=2)
        arranging.delete(by=who.alice, slug=one.slug, now=NOW)
    day_ago = moment(runs_now() - deleting.DAY - 1)
    Workflow.objects.of(who.team).filter(pk=workflow.pk).update(deleted_at=day_ago)
    Workflow.objects.of(who.team).filter(pk=other.pk).update(deleted_at=moment(runs_now()))
    assert deleting.remove_deleted() == 0
    for run in deleting.expired():
        assert deleting.forget(run=run)
    assert deleting.remove_deleted() == 1
    assert list(Workflow.objects.of(who.team).values_list("name", flat=True)) == ["Other"]
    assert Run.objects.of(who.team).count() == 2
