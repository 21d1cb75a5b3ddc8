"""The page of runs in a browser's words: filters in the address, fragments, several runs at once, exports, comments."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from history.indexing import index_runs
from orchestrator.models import Run, Workflow
from orchestrator.operations import upkeep
from teams.callers import Caller
from teams.models import Comment, Member, User
from teams.policy import Role
from tests import runs
from tests.personas import Personas, personas
from tests.world import MARK, gated
from ui.spreadsheets import harmless

pytestmark = [pytest.mark.django_db]
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def who() -> Personas:
    return personas(bobs_role=Role.runner)


def signed_in(by: Caller) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=by.user_id or 0), "django.contrib.auth.backends.ModelBackend")
    return client


def a_run(who: Personas, message: str = "Hello") -> int:
    run = runs.start(runs.a_version(gated(), team=who.team), {"message": message})
    runs.work(run)
    return run


def text_of(answer: HttpResponseBase) -> str:
    return b"".join(answer).decode()


def become(who: Personas, role: Role) -> Client:
    Member.objects.of(who.team).filter(pk=who.bob.member_id or 0).update(role=role)
    return signed_in(who.bob)


def test_the_page_lists_runs_with_links_to_them(who: Personas) -> None:
    run = a_run(who)
    page = signed_in(who.alice).get("/runs/")
    assert page.status_code == 200
    assert f'href="/runs/{run}/"' in text_of(page)
    assert "Waiting" in text_of(page)


def test_a_team_without_runs_is_told_how_to_get_one(who: Personas) -> None:
    assert "No runs yet" in text_of(signed_in(who.alice).get("/runs/"))


def test_filters_that_nothing_fits_can_be_cleared(who: Personas) -> None:
    a_run(who)
    text = text_of(signed_in(who.alice).get("/runs/?status=failed&q=nothing"))
    assert "No run matches" in text
    assert "Clear filters" in text
    assert 'value="failed" checked' in " ".join(text.split())


def test_a_filter_that_cannot_be_used_is_told_at_its_field_and_shows_no_runs(who: Personas) -> None:
    run = a_run(who)
    page = signed_in(who.alice).get("/runs/?cost_from=cheap")
    text = text_of(page)
    assert page.status_code == 422
    assert 'id="problem-cost_from"' in text
    assert 'href="#filter-cost_from"' in text
    assert f'href="/runs/{run}/"' not in text


def test_htmx_gets_the_list_alone_and_a_short_address(who: Personas) -> None:
    a_run(who)
    page = signed_in(who.alice).get("/runs/?status=waiting&workflow=&q=&by=", headers=PARTIAL)
    assert text_of(page).lstrip().startswith("<div")
    assert page["HX-Push-Url"] == "/runs/?status=waiting"
    live = signed_in(who.alice).get("/runs/?status=waiting", headers={**PARTIAL, "Baton-Refresh": "live"})
    assert "HX-Push-Url" not in live


def test_pages_keep_the_filters(who: Personas) -> None:
    version = runs.a_version(gated(), team=who.team)
    made = [runs.start(version) for _ in range(51)]
    text = text_of(signed_in(who.alice).get("/runs/?status=queued"))
    assert f"/runs/?status=queued&amp;before={made[1]}" in text
    older = text_of(signed_in(who.alice).get(f"/runs/?status=queued&before={made[1]}"))
    assert f"/runs/?status=queued&amp;after={made[0]}" in older
    assert 'rel="next"' not in older


def test_runs_are_found_by_their_words(who: Personas) -> None:
    run = a_run(who, "a lost parcel")
    a_run(who, "an invoice")
    index_runs(upkeep.clock())
    text = text_of(signed_in(who.alice).get('/runs/?q="lost+parcel"'))
    assert text.count("data-run=") == 1
    assert f'data-run="{run}"' in text


def test_what_is_written_is_shown_as_text(who: Personas) -> None:
    name = "<script>alert(1)</script>"
    run = a_run(who)
    Workflow.objects.of(who.team).update(name=name)
    text = text_of(signed_in(who.alice).get(f"/runs/?q={name}&workflow={name}"))
    assert "<script>alert" not in text
    assert "<script>alert" not in text_of(signed_in(who.alice).get("/runs/"))
    assert run


def test_a_page_takes_few_queries(who: Personas, django_assert_max_num_queries: Callable[[int], Any]) -> None:
    version = runs.a_version(gated(), team=who.team)
    for _ in range(51):
        runs.start(version)
    client = signed_in(who.alice)
    client.get("/runs/")
    with django_assert_max_num_queries(13):
        client.get("/runs/?status=queued")
    with django_assert_max_num_queries(7):
        client.get("/runs/?status=queued", headers=PARTIAL)


def test_several_runs_are_cancelled_and_each_says_what_came_of_it(who: Personas) -> None:
    first, second, stays = a_run(who), a_run(who), a_run(who)
    client = signed_in(who.alice)
    chosen = {"action": "cancel", "run": [first, second, 999_999]}
    text = text_of(client.post("/runs/bulk/?status=waiting", chosen, headers=PARTIAL))
    assert "2 runs cancelled" in text
    assert "#999999: There is no run 999999" in text
    assert f'data-run="{stays}"' in text
    assert f'data-run="{first}"' not in text
    assert {runs.status(first), runs.status(second), runs.status(stays)} == {"cancelled", "waiting"}


def test_without_a_script_the_page_comes_again_and_tells(who: Personas) -> None:
    first = a_run(who)
    answer = signed_in(who.alice).post("/runs/bulk/?status=waiting", {"action": "rerun", "run": first}, follow=True)
    assert answer.redirect_chain == [("/runs/?status=waiting", 302)]
    assert "1 run started" in text_of(answer)
    assert Run.objects.of(who.team).count() == 2


def test_nothing_selected_is_told(who: Personas) -> None:
    a_run(who)
    client = signed_in(who.alice)
    answer = client.post("/runs/bulk/", {"action": "cancel"}, headers=PARTIAL)
    assert (answer.status_code, "Select 1 to 100" in answer["HX-Trigger"]) == (422, True)
    assert client.post("/runs/bulk/", {"action": "explode"}).status_code == 400


def test_who_may_not_act_is_offered_nothing_and_refused(who: Personas) -> None:
    run = a_run(who)
    viewer = become(who, Role.viewer)
    text = text_of(viewer.get("/runs/"))
    assert 'name="run"' not in text
    for action in ("cancel", "rerun"):
        assert viewer.post("/runs/bulk/", {"action": action, "run": run}).status_code == 403
    assert runs.status(run) == "waiting"


PAGES = ("/runs/", "/runs/export/csv/", "/runs/export/json/", "/runs/comments/?run={run}")


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_for_members_who_may_see_runs(who: Personas, address: str) -> None:
    page = address.format(run=a_run(who, MARK))
    assert Client().get(page)["Location"].startswith("/accounts/login/")
    assert become(who, Role.reviewer).get(page, headers=PARTIAL).status_code == 403
    other = signed_in(who.charlie).get(page, headers=PARTIAL)
    assert other.status_code == (404 if "comments" in page else 200)
    assert "data-run=" not in text_of(other)
    assert MARK not in text_of(signed_in(who.charlie).get(page, headers=PARTIAL))


def test_another_teams_runs_are_not_touched(who: Personas) -> None:
    run = a_run(who)
    charlie = signed_in(who.charlie)
    for action in ("cancel", "rerun"):
        assert f"no run {run}" in text_of(charlie.post("/runs/bulk/", {"action": action, "run": run}, headers=PARTIAL))
    assert runs.status(run) == "waiting"
    assert charlie.post(f"/runs/comments/?run={run}", {"text": "Look"}).status_code == 404


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse")
def test_everything_that_fits_is_exported(who: Personas) -> None:
    version = runs.a_version(gated(), team=who.team)
    made = [runs.start(version) for _ in range(60)][::-1]
    a_run(who)
    client = signed_in(who.alice)
    answer = client.get("/runs/export/csv/?status=queued")
    rows = list(csv.DictReader(io.StringIO(text_of(answer).removeprefix("\ufeff"))))
    assert [int(row["run"]) for row in rows] == made
    assert answer["Content-Disposition"].startswith('attachment; filename="runs-')
    found = json.loads(text_of(client.get("/runs/export/json/?status=queued")))
    assert [row["run"] for row in found] == made
    assert found[0]["status"] == "queued"
    assert json.loads(text_of(client.get("/runs/export/json/?status=failed"))) == []
    assert client.get("/runs/export/pdf/").status_code == 404
    assert client.get("/runs/export/csv/?cost_to=x").status_code == 422


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse")
def test_no_cell_of_a_spreadsheet_is_a_formula(who: Personas) -> None:
    a_run(who)
    Workflow.objects.of(who.team).update(name="=HYPERLINK(1)")
    text = text_of(signed_in(who.alice).get("/runs/export/csv/"))
    assert ",'=HYPERLINK(1)," in text


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\uff1d1"])
def test_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_numbers_and_plain_text_are_left_alone() -> None:
    assert [harmless(value) for value in (-1, 0.5, "a=1", None, True)] == [-1, 0.5, "a=1", "", True]


def test_people_talk_on_the_page(who: Personas) -> None:
    run = a_run(who)
    alice, bob = signed_in(who.alice), become(who, Role.runner)
    address = f"{reverse('history:comments')}?run={run}&step=reply"
    assert "Nobody has said anything yet" in text_of(alice.get(address, headers=PARTIAL))
    text = text_of(alice.post(address, {"text": "Why **so** long? <b>x</b>"}, headers=PARTIAL))
    assert "<strong>so</strong>" in text
    assert "<b>x</b>" not in text
    said = Comment.objects.of(who.team).get()
    assert (said.place, said.author_name) == ("reply", "Alice")
    assert "<form" in text_of(alice.get(f"{address}&edit={said.pk}", headers=PARTIAL))
    own = reverse("history:edit_comment", args=[said.pk]) + f"?run={run}&step=reply"
    assert bob.post(own, {"text": "Mine"}, headers=PARTIAL).status_code == 403
    assert "Shorter" in text_of(alice.post(own, {"text": "Shorter"}, headers=PARTIAL))
    assert "Shorter" in text_of(bob.get(f"{address}&part=list", headers=PARTIAL))
    gone = reverse("history:delete_comment", args=[said.pk]) + f"?run={run}&step=reply"
    assert "Nobody has said anything yet" in text_of(alice.post(gone, headers=PARTIAL))


def test_a_comment_that_is_not_kept_keeps_its_text(who: Personas) -> None:
    run = a_run(who)
    answer = signed_in(who.alice).post(f"/runs/comments/?run={run}", {"text": "a" * 4_001}, headers=PARTIAL)
    assert answer.status_code == 422
    assert "a" * 4_001 in text_of(answer)
    assert "1 to 4,000 characters" in text_of(answer)


def test_without_a_script_a_comment_leads_back_to_the_run(who: Personas) -> None:
    run = a_run(who)
    client = signed_in(who.alice)
    answer = client.post(f"/runs/comments/?run={run}&step=reply", {"text": "Look"})
    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{run}/?step=reply")
    assert client.get(f"/runs/comments/?run={run}")["Location"] == f"/runs/{run}/"
    assert client.get("/runs/comments/").status_code == 404


def test_a_viewer_reads_comments_and_has_no_form(who: Personas) -> None:
    run = a_run(who)
    signed_in(who.alice).post(f"/runs/comments/?run={run}", {"text": "Look"})
    viewer = become(who, Role.viewer)
    text = text_of(viewer.get(f"/runs/comments/?run={run}", headers=PARTIAL))
    assert "Look" in text
    assert "<textarea" not in text
    assert viewer.post(f"/runs/comments/?run={run}", {"text": "Me too"}).status_code == 403
