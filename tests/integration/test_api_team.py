"""Members, tokens, connections, tables, budgets, limits and the audit log by the REST API."""

from io import BytesIO

import pytest
from django.test import Client

from orchestrator.models import Limit
from teams.models import Connection, Secret, Team
from teams.policy import Permission, Role
from tests import runs
from tests.api import Api, api_as, api_of, owner
from tests.personas import PASSWORD, Personas

pytestmark = pytest.mark.django_db

KEY = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def people() -> tuple[Personas, Api]:
    return owner()


def test_who_am_i_tells_role_and_permissions_of_the_token(people: tuple[Personas, Api]) -> None:
    who, _ = people
    found = api_of(who.alice, [Permission.read]).get("me")
    assert (found["name"], found["role"], found["permissions"]) == ("alice@example.org", "owner", ["read"])
    assert "see" in found["may"]
    assert "start_run" not in found["may"]


def test_a_token_allows_what_it_was_made_for_and_nothing_more(people: tuple[Personas, Api]) -> None:
    who, _ = people
    reader = api_of(who.alice, [Permission.read])
    reader.get("runs")
    assert reader.status == 200
    refused = reader.post("runs", {"version": 1})
    assert (reader.status, refused["code"]) == (403, "not_allowed")
    assert refused["detail"].startswith("This API token was not made for this")
    assert api_of(who.alice).post("tokens", {"name": "more", "permissions": ["admin"]})["code"] == "not_allowed"


def test_a_person_makes_and_revokes_tokens_by_session_with_csrf(people: tuple[Personas, Api]) -> None:
    _, _ = people
    browser = Client(enforce_csrf_checks=True)
    assert browser.login(username="alice@example.org", password=PASSWORD)
    body, kind = {"name": "ci", "permissions": ["read", "run"]}, "application/json"
    refused = browser.post("/api/v1/tokens", body, content_type=kind)
    assert (refused.status_code, refused.json()["code"]) == (403, "no_csrf_token")
    browser.get("/accounts/password/change/")
    headers = {"X-CSRFToken": browser.cookies["baton_csrf"].value}
    made = browser.post("/api/v1/tokens", body, content_type=kind, headers=headers)
    assert made.status_code == 201, made.content
    new = Api(made.json()["token"])
    assert new.get("me")["permissions"] == ["read", "run"]
    assert browser.delete(f"/api/v1/tokens/{made.json()['id']}", headers=headers).status_code == 204
    assert (new.get("me")["code"], new.status) == ("wrong_token", 401)
    assert new.answer["WWW-Authenticate"] == "Bearer"
    assert made.json()["token"] not in browser.get("/api/v1/tokens").content.decode()


def test_members_are_added_changed_and_removed(people: tuple[Personas, Api]) -> None:
    _, api = people
    made = api.post("members", {"email": "Dora@example.org", "role": "editor"})
    assert (api.status, made["email"]) == (201, "dora@example.org")
    assert "/join/" in api.post(f"members/{made['id']}/invitation")["url"]
    assert api.send("patch", f"members/{made['id']}", {"role": "runner"})["role"] == "runner"
    api.send("delete", f"members/{made['id']}")
    assert (api.status, len(api.get("members")["items"])) == (204, 2)
    assert api.post("members", {"email": "nobody", "role": "viewer"})["code"] == "wrong_address"
    assert api.post("members", {"email": "x@example.org", "role": "king"})["code"] == "wrong_request"


def test_the_secrets_of_a_connection_go_in_and_never_come_out(people: tuple[Personas, Api]) -> None:
    who, api = people
    given = {"name": "Main", "provider": "anthropic", "secrets": {"api_key": KEY}, "max_concurrency": 4}
    made = api.post("connections", given, key="c")
    assert (api.status, made["secrets"], made["is_default"]) == (201, ["api_key"], True)
    assert set(made["aliases"]) == {"fast", "strong", "default"}
    assert Limit.objects.of(who.team).get(subject=f"connection:{made['id']}").capacity == 4
    told = "".join(str(api.get(path)) for path in ("connections", f"connections/{made['id']}", "audit", "me"))
    assert KEY not in told + str(api.post("connections", given, key="c"))
    changed = api.send("put", f"connections/{made['id']}", {"name": "Other", "provider": "anthropic"})
    assert (changed["name"], changed["secrets"]) == ("Other", ["api_key"])
    api.send("delete", f"connections/{made['id']}")
    assert (api.status, Connection.unscoped.exists(), Secret.unscoped.exists()) == (204, False, False)
    assert not Limit.objects.of(who.team).exists()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"provider": "nobody"}, "There is no provider 'nobody'; there are anthropic"),
        ({"provider": "anthropic"}, "the secret 'api_key' is missing"),
        ({"provider": "openai_chat"}, "settings.base_url: Field required"),
        ({"provider": "anthropic", "secrets": {"api_key": KEY, "password": "x"}}, "no secret 'password'"),
        ({"provider": "anthropic", "secrets": {"api_key": KEY}, "aliases": {"fastest": "x"}}, "no alias 'fastest'"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(people: tuple[Personas, Api], form: object, said: str) -> None:
    _, api = people
    found = api.post("connections", {"name": "Main", **form})  # type: ignore[dict-item]
    assert (api.status, found["code"]) == (422, "wrong_connection")
    assert said in found["detail"]
    assert KEY not in str(found)


def test_the_test_of_a_connection_goes_through_the_guard(people: tuple[Personas, Api]) -> None:
    _, api = people
    settings = {"base_url": "http://169.254.169.254/v1"}
    made = api.post("connections", {"name": "Inside", "provider": "openai_chat", "settings": settings})
    found = api.post(f"connections/{made['id']}/test")
    assert (api.status, found["title"]) == (502, "Bad Gateway")
    assert found["detail"]


def test_a_table_is_imported_listed_read_in_pages_and_deleted(people: tuple[Personas, Api]) -> None:
    _, api = people
    rows = [{"number": f"C-{number}"} for number in range(5)]
    assert api.send("put", "tables/customers", {"rows": rows})["row_count"] == 5
    first = api.get("tables/customers", limit=3)
    rest = api.get("tables/customers", limit=3, after=first["next"])
    assert first["items"] + rest["items"] == rows
    file = BytesIO(b"number;name\nC-1;Ada\n")
    file.name = "c.csv"
    sent = api.client.post("/api/v1/tables/customers/csv", {"file": file}, headers=api.headers)
    assert sent.json()["columns"] == ["number", "name"]
    assert [table["name"] for table in api.get("tables")["items"]] == ["customers"]
    api.send("delete", "tables/customers")
    api.get("tables/customers")
    assert api.status == 404
    assert api.send("put", "tables/none", {"rows": []})["code"] == "wrong_table"


def test_budgets_are_set_for_what_is_the_teams_own(people: tuple[Personas, Api]) -> None:
    who, api = people
    version = runs.a_version("a", team=who.team)
    slug = version.workflow.slug
    set_to = {"subject": f"workflow:{slug}", "unit": "money", "most": 2.5}
    assert api.send("put", "budgets", set_to)["most"] == 2.5
    api.send("put", "budgets", {"subject": "team:2026-11", "unit": "calls", "most": 100})
    assert api.get("budgets", subject="team:2026-11")["items"][0]["unit"] == "calls"
    for wrong in ("workflow:nothing", "team:2", "run:99", "team:2026-13", "everything"):
        api.send("put", "budgets", {**set_to, "subject": wrong})
        assert api.status in (404, 422), wrong
    assert api.send("put", "budgets", {**set_to, "unit": "hours"})["code"]
    assert len(api.get("budgets")["items"]) == 2


def test_limits_are_set_and_lifted(people: tuple[Personas, Api]) -> None:
    who, api = people
    slug = runs.a_version("a", team=who.team).workflow.slug
    api.send("put", "limits", {"runs_at_once": 3, "calls_per_minute": 60})
    assert (api.status, Team.objects.get(pk=who.team.pk).max_concurrent_runs) == (204, 3)
    api.send("put", "limits", {"workflow": slug, "runs_at_once": 2})
    api.send("put", "limits", {"runs_at_once": None})
    assert Team.objects.get(pk=who.team.pk).max_concurrent_runs is None
    assert sorted(Limit.objects.of(who.team).values_list("capacity", "per_minute"), key=str) == [(2, None), (None, 60)]
    api.send("put", "limits", {"runs_at_once": 0})
    assert api.status == 422


def test_the_audit_log_is_for_admins_and_tells_what_was_done(people: tuple[Personas, Api]) -> None:
    who, api = people
    api.send("put", "limits", {"runs_at_once": 3})
    assert api.get("audit", limit=1)["items"][0]["action"] == "team.limit_set"
    bob = api_as(who, Role.publisher)
    bob.get("audit")
    assert bob.status == 403


def test_errors_are_problem_details_whoever_answers(people: tuple[Personas, Api]) -> None:
    _, api = people
    for path, status in (("nowhere", 404), ("runs/x", 422), ("runs/7", 404)):
        found = api.get(path)
        assert (api.status, api.answer["Content-Type"]) == (status, "application/problem+json"), path
        assert {"type", "title", "status", "code", "detail"} <= found.keys()
    wrong = api.send("delete", "runs")
    assert (api.status, wrong["code"], "GET" in api.answer["Allow"]) == (405, "method_not_allowed", True)
    broken = api.client.post("/api/v1/runs", "{", content_type="application/json", headers=api.headers)
    assert (broken.status_code, broken.json()["code"]) == (400, "bad_request")
    large = api.client.post("/api/v1/runs", "x" * 9_000_000, content_type="application/json", headers=api.headers)
    assert (large.status_code, large.json()["code"]) == (413, "request_too_large")
