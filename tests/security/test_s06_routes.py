"""S6: every route, page and socket for anonymous people, another team, each role, and each permission of a token.

The matrix is made from the routes themselves: a route without a case here fails, and so does one that names no action.
"""

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.api import api
from config.asgi import websocket_routes
from config.openapi import demanded, operations
from teams.models import Member, User
from teams.operations.tokens import create_token
from teams.policy import ALLOWED, Action, Permission, Role, may_with_token
from tests.personas import NOW, caller
from tests.world import MARK, World, a_file, fingerprint, gated, world

NEW = {"name": "New", "document": gated("Hello {{ inputs.message }}")}
LINK = {"name": "Another", "provider": "demo"}
COMMENTING = frozenset({Role.runner, Role.editor, Role.publisher, Role.admin, Role.owner})
"""They may comment, but not change what Alice said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How to call a route so that it works for who may; `elsewhere` is what another team's owner gets."""

    body: Callable[[World], Any] = lambda _: None
    ids: Callable[[World], Mapping[str, Any]] = lambda _: {}
    query: str = ""
    form: bool = False
    works: tuple[int, ...] = (200,)
    elsewhere: int = 404
    roles: frozenset[Role] = field(default_factory=frozenset)
    """Roles that may, by the role table, and are refused all the same."""


def sends(body: Any) -> Callable[[World], Any]:
    return lambda _: body


def of_run(name: str) -> Callable[[World], Mapping[str, Any]]:
    return lambda w: {"run_id": getattr(w, name)}


CASES: Mapping[str, Case] = {
    "POST workflows/import": Case(body=sends(NEW), works=(201,), elsewhere=201),
    "POST workflows/unlisted": Case(body=sends(NEW), works=(201,), elsewhere=201),
    "POST workflows/validate": Case(body=sends({"file": "schema: 1"}), elsewhere=200),
    "GET workflows/{slug}/export": Case(query="?tables=customers"),
    "GET workflow.schema.json": Case(elsewhere=200),
    "GET workflows": Case(elsewhere=200),
    "POST workflows": Case(body=sends(NEW), works=(201,), elsewhere=201),
    "GET workflows/{slug}": Case(),
    "GET workflows/{slug}/versions": Case(),
    "PATCH workflows/{slug}": Case(body=sends({"name": "Renamed", "tags": ["new"]})),
    "DELETE workflows/{slug}": Case(ids=lambda w: {"slug": w.ids["idle"]}, works=(204,)),
    "POST workflows/{slug}/duplicate": Case(body=sends({"name": "Copy"}), works=(201,)),
    "POST workflows/{slug}/archive": Case(works=(204,)),
    "POST workflows/{slug}/restore": Case(works=(204,)),
    "POST workflows/{slug}/versions": Case(body=sends(NEW), works=(201,)),
    "GET workflows/{slug}/versions/{number}": Case(),
    "GET versions/{version_id}": Case(),
    "POST runs": Case(body=lambda w: {"version": w.version.pk, "input": {}}, works=(201,)),
    "GET runs": Case(elsewhere=200),
    "GET runs/{run_id}": Case(),
    "GET runs/{run_id}/steps": Case(),
    "GET runs/{run_id}/step": Case(query="?path=reply"),
    "POST runs/{run_id}/cancel": Case(),
    "POST runs/{run_id}/pause": Case(ids=of_run("queued")),
    "POST runs/{run_id}/resume": Case(ids=of_run("paused")),
    "POST runs/{run_id}/retry": Case(ids=of_run("failed"), body=sends({"path": "cut"})),
    "POST runs/{run_id}/rerun": Case(works=(201,)),
    "GET runs/{run_id}/comments": Case(),
    "POST runs/{run_id}/comments": Case(body=sends({"text": "Look", "step": "reply"}), works=(201,)),
    "PATCH comments/{comment_id}": Case(body=sends({"text": "Look again"}), roles=COMMENTING),
    "DELETE comments/{comment_id}": Case(works=(204,), roles=COMMENTING),
    "POST runs/{run_id}/skip": Case(ids=of_run("failed"), body=sends({"path": "cut", "output": 1})),
    "DELETE runs/{run_id}": Case(ids=of_run("failed"), works=(204,)),
    "GET workflows/{slug}/retention": Case(),
    "PUT workflows/{slug}/retention": Case(body=sends({"days": 30})),
    "POST events": Case(body=sends({"name": "paid"}), elsewhere=200),
    "GET runs/{run_id}/events": Case(),
    "POST files": Case(form=True, works=(201,), elsewhere=201),
    "GET files/{file_id}": Case(),
    "GET providers": Case(elsewhere=200),
    "GET connections": Case(elsewhere=200),
    "POST connections": Case(body=sends(LINK), works=(201,), elsewhere=201),
    "GET connections/{connection_id}": Case(),
    "PUT connections/{connection_id}": Case(body=sends(LINK)),
    "DELETE connections/{connection_id}": Case(works=(204,)),
    "POST connections/{connection_id}/secret": Case(body=sends({"name": "key", "value": "x"}), works=(204,)),
    "POST connections/{connection_id}/default": Case(works=(204,)),
    "POST connections/{connection_id}/test": Case(),
    "GET budgets": Case(elsewhere=200),
    "PUT budgets": Case(body=lambda w: {"subject": f"run:{w.waiting}", "unit": "calls", "most": 5}),
    "PUT limits": Case(body=lambda w: {"workflow": w.ids["slug"], "runs_at_once": 5}, works=(204,)),
    "GET reviews": Case(elsewhere=200),
    "GET reviews/{review_id}": Case(),
    "POST reviews/{review_id}/claim": Case(),
    "POST reviews/{review_id}/release": Case(works=(204,)),
    "POST reviews/{review_id}/decide": Case(body=sends({"verdict": "approved"})),
    "POST reviews/{review_id}/undo": Case(works=(409,)),
    "GET queues": Case(elsewhere=200),
    "PUT queues/{slug}": Case(ids=lambda _: {"slug": "support"}, body=sends({"name": "Support"}), elsewhere=200),
    "GET me": Case(elsewhere=200),
    "GET members": Case(elsewhere=200),
    "POST members": Case(body=sends({"email": "new@example.org", "role": "viewer"}), works=(201,), elsewhere=201),
    "PATCH members/{member_id}": Case(body=sends({"role": "runner"})),
    "DELETE members/{member_id}": Case(works=(204,)),
    "POST members/{member_id}/invitation": Case(works=(201,)),
    "GET tokens": Case(elsewhere=200),
    "POST tokens": Case(body=sends({"name": "t", "permissions": ["review"]}), works=(201,), elsewhere=201),
    "DELETE tokens/{token_id}": Case(
        works=(204,), roles=frozenset({Role.viewer, Role.runner, Role.editor, Role.publisher, Role.reviewer})
    ),
    "GET tables": Case(elsewhere=200),
    "GET tables/{name}": Case(),
    "PUT tables/{name}": Case(body=sends({"rows": [{"name": "Ada"}]}), elsewhere=200),
    "DELETE tables/{name}": Case(works=(204,)),
    "POST tables/{name}/csv": Case(form=True, elsewhere=200),
    "GET audit": Case(elsewhere=200),
}
ROUTES = {f"{method} {path}": operation for path, operation in operations(api) for method in operation.methods}
NAMES = sorted(ROUTES)
PAGES: Mapping[str, str] = {
    "": "signed in",
    "team/": "signed in",
    "settings/": "signed in: leads on, test_people_access.py",
    "settings/team/": "see, edit_switch to rename: test_people_access.py",
    "settings/team/code/": "edit_switch: test_people_access.py",
    "settings/team/delete/": "delete_team: test_people_access.py",
    "settings/profile/": "each member, one's own: test_people_access.py",
    "settings/profile/sign-out/": "each member, one's own: test_people_access.py",
    "settings/profile/leave/": "each member, one's own: test_people_access.py",
    "settings/profile/new-team/": "edit_members: test_people_access.py",
    "settings/members/": "see: test_people_access.py",
    "settings/members/new/": "edit_members: test_people_access.py",
    "settings/members/<int:member_id>/": "edit_members: test_people_access.py",
    "settings/members/<int:member_id>/remove/": "edit_members: test_people_access.py",
    "settings/members/<int:member_id>/link/": "edit_members: test_people_access.py",
    "settings/tokens/": "each member, one's own; see_all_tokens: test_people_access.py",
    "settings/tokens/new/": "each member, one's own: test_people_access.py",
    "settings/tokens/<int:token_id>/revoke/": "each member, one's own; see_all_tokens: test_people_access.py",
    "settings/audit/": "see_audit: test_people_access.py",
    "settings/audit/verify/": "see_audit: test_people_access.py",
    "settings/audit/export/": "see_audit: test_people_access.py",
    "settings/tables/": "see, edit_table to import: test_people_access.py",
    "settings/tables/import/": "edit_table: test_people_access.py",
    "settings/tables/delete/<path:name>/": "edit_table: test_people_access.py",
    "settings/tables/rows/<path:name>/": "see: test_people_access.py",
    "join/<str:secret>/": "public: the secret is the right to come in",
    "inbox/": "see_reviews: test_review_pages.py",
    "inbox/count/": "see_reviews: test_review_pages.py",
    "inbox/fragment/": "see_reviews: test_review_pages.py",
    "inbox/<int:review_id>/": "see_reviews: test_review_pages.py",
    "inbox/<int:review_id>/fragment/": "see_reviews: test_review_pages.py",
    "inbox/<int:review_id>/look/": "see_reviews: test_review_pages.py",
    "inbox/<int:review_id>/decide/": "decide_review: test_review_pages.py",
    "inbox/<int:review_id>/claim/": "decide_review: test_review_pages.py",
    "inbox/<int:review_id>/release/": "decide_review: test_review_pages.py",
    "inbox/<int:review_id>/undo/": "decide_review: test_review_pages.py",
    "settings/queues/": "see: test_review_pages.py",
    "settings/queues/new/": "edit_queue: test_review_pages.py",
    "settings/queues/edit/<slug:slug>/": "edit_queue: test_review_pages.py",
    "appearance/": "public: two cookies of this browser",
    "healthz": "public",
    "readyz": "public",
    "sign-in/<str:secret>/": "public: the secret is the right to come in",
    "accounts/": "django-allauth's own",
    "api/v1/docs": "public: no data",
    "api/v1/openapi.json": "public: no data",
    "api/v1/": "public: not found",
    "api/v1/runs/<int:run_id>/stream": "see",
    "help/": "signed in",
    "help/images/<str:name>": "public: pictures of the documents",
    "help/<path:name>/": "signed in: no data, test_help.py",
    "command-menu/": "each finds what its role may see: test_help.py",
    "runs/": "see: test_history_page.py",
    "runs/bulk/": "control_run or start_run: test_history_page.py",
    "runs/export/<slug:kind>/": "see: test_history_page.py",
    "runs/comments/": "see to read, comment to write: test_history_page.py",
    "runs/comments/<int:comment_id>/": "comment, one's own: test_history_page.py",
    "runs/comments/<int:comment_id>/delete/": "comment, one's own: test_history_page.py",
    "workflows/": "see: test_workflow_pages.py",
    "workflows/templates/": "see: test_workflow_pages.py",
    "workflows/templates/<slug:name>/use/": "publish: test_workflow_pages.py",
    "workflows/import/": "publish: test_workflow_pages.py",
    "workflows/<int:workflow_id>/": "see: test_workflow_pages.py",
    "workflows/<int:workflow_id>/start/": "start_run: test_workflow_pages.py",
    "workflows/<int:workflow_id>/export/": "see: test_workflow_pages.py",
    "workflows/<int:workflow_id>/edit/": "edit_draft: test_workflow_pages.py",
    "workflows/<int:workflow_id>/limit/": "edit_budget: test_workflow_pages.py",
    "workflows/<int:workflow_id>/retention/": "delete_run: test_workflow_pages.py",
    "workflows/<int:workflow_id>/duplicate/": "publish: test_workflow_pages.py",
    "workflows/<int:workflow_id>/archive/": "publish: test_workflow_pages.py",
    "workflows/<int:workflow_id>/delete/": "delete_run: test_workflow_pages.py",
    "workflows/<int:workflow_id>/restore/": "publish: test_workflow_pages.py",
    "runs/<int:run_id>/": "see: test_run_page.py",
    "runs/<int:run_id>/steps/": "see: test_run_page.py",
    "runs/<int:run_id>/state/": "see: test_run_page.py",
    "runs/<int:run_id>/log.txt": "see: test_run_page.py",
    "runs/<int:run_id>/retry/": "control_run: test_run_page.py",
    "runs/<int:run_id>/skip/": "skip_step: test_run_page.py",
    "runs/<int:run_id>/do/<slug:verb>/": "control_run, start_run: test_run_page.py",
    "settings/connections/": "edit_connection: test_connection_pages.py",
    "settings/connections/add/": "edit_connection: test_connection_pages.py",
    "settings/connections/add/<slug:provider>/": "edit_connection: test_connection_pages.py",
    "settings/connections/<int:connection_id>/": "edit_connection: test_connection_pages.py",
    "settings/connections/<int:connection_id>/<slug:verb>/": "edit_connection: test_connection_pages.py",
    "settings/limits/": "edit_budget: test_limit_pages.py",
    "settings/limits/<slug:verb>/": "edit_budget: test_limit_pages.py",
}
SOCKETS = {"live/": "see, for each run that is named; see_reviews, for news of reviews", "^.*$": "refused"}


@contextmanager
def undone() -> Any:
    """What is done in it did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def send(client: Client, name: str, there: World, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The status and the text of the answer to the route's case."""
    case, (method, path) = CASES[name], name.split(" ")
    address = "/api/v1/" + path.format(**{**there.ids, **case.ids(there)}) + case.query
    call = getattr(client, method.lower())
    given: dict[str, Any] = {"headers": headers or {}}
    if method != "GET":
        given |= {"data": case.body(there) or {}, "content_type": "application/json"}
    if case.form:
        given = {"headers": headers or {}, "data": {"file": a_file()}}
    answer = call(address, **given)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, content.decode(errors="replace")


def signed_in(name: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(email=f"{name}@example.org"), "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("name", NAMES)
def test_every_route_names_its_action(name: str) -> None:
    assert demanded(ROUTES[name]), f"{name} names no action: declare it with auth=Demanding(Action...)"
    assert len(ROUTES[name].auth_callbacks) == 1


def test_the_matrix_has_every_route_and_no_other() -> None:
    assert sorted(CASES) == NAMES


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_each_role_may_what_the_role_table_says(name: str) -> None:
    there = world()
    case, client = CASES[name], signed_in("bob")
    for role in Role:
        Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).update(role=role)
        before = fingerprint(there.people.team)
        with undone():
            status, text = send(client, name, there)
            if any(action in ALLOWED[role] for action in demanded(ROUTES[name])) and role not in case.roles:
                assert status in case.works, (role, text)
            else:
                assert status == 403, (role, text)
                assert MARK not in text
                assert fingerprint(there.people.team) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_another_teams_owner_finds_nothing_reads_nothing_and_changes_nothing(name: str) -> None:
    there = world()
    before = fingerprint(there.people.team)
    status, text = send(signed_in("charlie"), name, there)
    assert status == CASES[name].elsewhere, text
    assert MARK not in text
    assert fingerprint(there.people.team) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_who_is_not_known_gets_nothing(name: str) -> None:
    there = world()
    before = fingerprint(there.people.team)
    for headers in ({}, {"Authorization": "Bearer baton_aaaaaaaa_nothing"}, {"Authorization": "Basic YTpi"}):
        status, text = send(Client(), name, there, headers)
        assert status == 401, text
        assert MARK not in text
    assert fingerprint(there.people.team) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_each_permission_of_a_token_allows_what_it_was_made_for(name: str) -> None:
    there = world()
    by = caller(there.people.team, "alice")
    for permission in Permission:
        text = create_token(by=by, name=permission, permissions=[permission], expires_at=None, now=NOW).text
        wanted = demanded(ROUTES[name])
        is_allowed = any(may_with_token(Role.owner, frozenset({permission}), action) for action in wanted)
        with undone():
            status, told = send(Client(), name, there, {"Authorization": f"Bearer {text}"})
            assert (status != 403) == is_allowed, (permission, told)


def test_no_token_can_make_tokens() -> None:
    assert demanded(ROUTES["POST tokens"]) == (Action.edit_own_tokens,)
    assert not any(may_with_token(Role.owner, frozenset({one}), Action.edit_own_tokens) for one in Permission)


def addresses(resolver: URLResolver, prefix: str = "") -> list[str]:
    found: list[str] = []
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            found.append(route)
        else:
            found += addresses(entry, route)
    return found


def test_every_page_and_socket_is_known_here() -> None:
    routes = {"api/v1/" + path.replace("{", "<").replace("}", ">") for path, _ in operations(api)}
    unknown = {
        address
        for address in addresses(get_resolver())
        if address not in PAGES and address not in routes and not address.startswith(("accounts/", "^accounts/"))
    }
    assert unknown == set()
    assert {str(route.pattern) for route in websocket_routes} == set(SOCKETS)


@pytest.mark.django_db
@pytest.mark.parametrize("page", [page for page, who in PAGES.items() if who == "signed in"])
def test_a_page_of_the_team_wants_a_sign_in(page: str) -> None:
    answer = Client().get(f"/{page}")
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.django_db(transaction=True)
def test_the_stream_of_a_run_is_for_who_may_see_it() -> None:
    there = world()
    address = f"/api/v1/runs/{there.waiting}/stream"
    Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).update(role=Role.reviewer)
    for client, status in ((Client(), 401), (signed_in("charlie"), 404), (signed_in("bob"), 403)):
        answer = client.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
