"""S6 and S9: every page for people who are not signed in, another team's owner, each role, and forged requests.

The table is compared with the addresses that the product has: one that is missing fails, and so does a method that is not in it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver
from pytest_django import DjangoDbBlocker

from history.run.controls import CONTROLS
from history.runs.export import KINDS
from history.runs.views import ACTIONS
from orchestrator.models import Question
from orchestrator.operations import arranging
from orchestrator.views.connection import VERBS as CONNECTION_VERBS
from orchestrator.views.limits import VERBS as LIMIT_VERBS
from reviews.models import Review
from teams.models import Member, User
from teams.operations.comments import add_comment
from teams.operations.connections import ConnectionForm, create_connection
from teams.policy import ALLOWED, Action, Role
from teams.previews import look_at
from tests import runs as played
from tests.personas import NOW, caller
from tests.security.test_s06_routes import PAGES, a_file, addresses, signed_in, undone
from tests.world import MARK, World, fingerprint, gated, world

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
SIGN_IN = "/accounts/login/"
PART = re.compile(r"<(?:\w+:)?(\w+)>")
FILE = (Path(__file__).resolve().parents[2] / "builder" / "gallery" / "news_article.yaml").read_text()
QUEUE = {"name": "Second look", "who": "everybody", "undo_seconds": "10", "instructions": ""}
ADMINS = frozenset({Role.admin, Role.owner})
Given = Callable[[World], Mapping[str, Any]]


def nothing(_: World) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How to ask for a page so that it works for who may. `action` None: every member may."""

    action: Action | None = None
    data: Given = nothing
    ids: Given = nothing
    """Both are made while Bob is an owner: what they make may be his."""
    query: str = ""
    is_partial: bool = False
    works: int = 0
    """0: 200 for GET, 302 for POST."""
    elsewhere: int = 0
    """What another team's owner gets; 0: the same as who may, of their own team."""
    changes: bool = True
    """Whether a POST writes rows of the team."""
    roles: frozenset[Role] = frozenset(Role)
    """Those that may, if the role table says so as well."""


def posts(**data: Any) -> Given:
    return lambda _: data


def of_run(name: str, **more: Any) -> Given:
    return lambda there: {"run_id": getattr(there, name), **more}


def bobs_comment(there: World) -> Mapping[str, Any]:
    by = caller(there.people.team, "bob")
    made = add_comment(by=by, subject=f"run:{there.waiting}", place="reply", text=MARK, now=NOW)
    return {"comment_id": made.pk}


def idle_workflow(there: World) -> Mapping[str, Any]:
    """One without runs."""
    return {"workflow_id": played.a_version(gated(), team=there.people.team).workflow_id}


def archived_workflow(there: World) -> Mapping[str, Any]:
    workflow = played.a_version(gated(), team=there.people.team).workflow
    arranging.archive(by=there.people.alice, slug=workflow.slug, now=NOW)
    return {"workflow_id": workflow.pk}


def with_key(there: World) -> Mapping[str, Any]:
    """A connection that has a secret."""
    form = ConnectionForm(name=f"k {MARK}", provider="anthropic", secrets={"api_key": f"sk-{MARK}"})
    return {"connection_id": create_connection(by=there.people.alice, form=form, now=NOW).pk}


def looked_at(there: World) -> Mapping[str, Any]:
    """The mark of a file that Bob has chosen to import."""
    by = caller(there.people.team, "bob")
    return {"mark": look_at(by=by, file_name="a.csv", content=b"name\nAda\n").mark}


def do(name: str, verb: str, *, action: Action = Action.control_run) -> Page:
    return Page(action=action, ids=of_run(name, verb=verb), elsewhere=404)


def on_connection(verb: str, **more: Any) -> Page:
    ids = more.pop("ids", nothing)
    return Page(action=Action.edit_connection, ids=lambda there: {**ids(there), "verb": verb}, elsewhere=404, **more)


def on_limits(verb: str, data: Given, *, elsewhere: int = 302) -> Page:
    return Page(action=Action.edit_budget, ids=lambda _: {"verb": verb}, data=data, elsewhere=elsewhere)


PEOPLE: Mapping[str, Page] = {
    "GET ": Page(works=302),
    "POST team/": Page(data=lambda there: {"team": there.people.team.pk}, changes=False),
    "GET settings/": Page(works=302),
    "GET settings/team/": Page(action=Action.see),
    "POST settings/team/": Page(action=Action.edit_switch, data=posts(name="Renamed")),
    "POST settings/team/code/": Page(action=Action.edit_switch, data=posts(code="on")),
    "POST settings/team/delete/": Page(action=Action.delete_team, data=posts(name="Alice's team")),
    "GET settings/profile/": Page(),
    "POST settings/profile/": Page(data=posts(name="Robert", time_zone="Europe/Berlin"), changes=False),
    "POST settings/profile/sign-out/": Page(),
    "POST settings/profile/leave/": Page(),
    "POST settings/profile/new-team/": Page(action=Action.edit_members, data=posts(name="Third")),
    "GET settings/members/": Page(action=Action.see),
    "GET settings/members/new/": Page(action=Action.edit_members),
    "POST settings/members/new/": Page(
        action=Action.edit_members, data=posts(email="new@example.org", name="New", role="viewer"), works=200
    ),
    "GET settings/members/<int:member_id>/": Page(action=Action.edit_members, elsewhere=404),
    "POST settings/members/<int:member_id>/": Page(
        action=Action.edit_members, data=posts(role="runner"), elsewhere=404
    ),
    "POST settings/members/<int:member_id>/remove/": Page(action=Action.edit_members, elsewhere=404),
    "POST settings/members/<int:member_id>/link/": Page(action=Action.edit_members, works=200, elsewhere=404),
    "GET settings/tokens/": Page(action=Action.edit_own_tokens),
    "GET settings/tokens/new/": Page(action=Action.edit_own_tokens),
    "POST settings/tokens/new/": Page(
        action=Action.edit_own_tokens, data=posts(name="t", permissions=["review"], days="90"), works=200
    ),
    "POST settings/tokens/<int:token_id>/revoke/": Page(action=Action.edit_own_tokens, elsewhere=404, roles=ADMINS),
    "GET settings/audit/": Page(action=Action.see_audit),
    "POST settings/audit/verify/": Page(action=Action.see_audit, changes=False),
    "GET settings/audit/export/": Page(action=Action.see_audit),
    "GET settings/tables/": Page(action=Action.see),
    "POST settings/tables/": Page(
        action=Action.edit_table, data=lambda _: {"file": a_file()}, works=200, changes=False
    ),
    "POST settings/tables/import/": Page(action=Action.edit_table, data=looked_at),
    "POST settings/tables/delete/<path:name>/": Page(action=Action.edit_table, elsewhere=404),
    "GET settings/tables/rows/<path:name>/": Page(action=Action.see, elsewhere=404),
}
REVIEWS: Mapping[str, Page] = {
    "GET inbox/": Page(action=Action.see_reviews),
    "GET inbox/count/": Page(action=Action.see_reviews),
    "GET inbox/fragment/": Page(action=Action.see_reviews, query="?question={question}", elsewhere=404),
    "GET inbox/<int:review_id>/": Page(action=Action.see_reviews, elsewhere=404),
    "GET inbox/<int:review_id>/fragment/": Page(action=Action.see_reviews, elsewhere=404),
    "POST inbox/<int:review_id>/look/": Page(
        action=Action.see_reviews, data=posts(value="Dear x"), works=200, elsewhere=404, changes=False
    ),
    "POST inbox/<int:review_id>/decide/": Page(
        action=Action.decide_review, data=posts(verdict="approved", value=f"Dear {MARK}"), elsewhere=404
    ),
    "POST inbox/<int:review_id>/claim/": Page(action=Action.decide_review, works=200, elsewhere=404),
    "POST inbox/<int:review_id>/release/": Page(action=Action.decide_review, works=200, elsewhere=404, changes=False),
    "POST inbox/<int:review_id>/undo/": Page(action=Action.decide_review, elsewhere=404, changes=False),
    "GET settings/queues/": Page(action=Action.see),
    "GET settings/queues/new/": Page(action=Action.edit_queue),
    "POST settings/queues/new/": Page(action=Action.edit_queue, data=posts(**QUEUE)),
    "GET settings/queues/edit/<slug:slug>/": Page(action=Action.edit_queue, ids=posts(slug="support"), elsewhere=404),
    "POST settings/queues/edit/<slug:slug>/": Page(
        action=Action.edit_queue, ids=posts(slug="support"), data=posts(**QUEUE), elsewhere=404
    ),
}
WORKFLOWS: Mapping[str, Page] = {
    "GET workflows/": Page(action=Action.see),
    "GET workflows/templates/": Page(action=Action.see),
    "POST workflows/templates/<slug:name>/use/": Page(
        action=Action.publish, ids=posts(name="news_article"), data=posts(key="once")
    ),
    "GET workflows/import/": Page(action=Action.publish),
    "POST workflows/import/": Page(action=Action.publish, data=posts(text=FILE, key="once")),
    "GET workflows/<int:workflow_id>/": Page(action=Action.see, elsewhere=404),
    "GET workflows/<int:workflow_id>/start/": Page(action=Action.start_run, elsewhere=404),
    "POST workflows/<int:workflow_id>/start/": Page(
        action=Action.start_run, data=lambda _: {"input.message": "Hello", "key": "once"}, elsewhere=404
    ),
    "GET workflows/<int:workflow_id>/export/": Page(action=Action.see, elsewhere=404),
    "POST workflows/<int:workflow_id>/edit/": Page(
        action=Action.edit_draft, data=posts(name="Mine", description="", tags="a"), elsewhere=404
    ),
    "POST workflows/<int:workflow_id>/limit/": Page(
        action=Action.edit_budget, data=posts(runs_at_once="5"), elsewhere=404
    ),
    "POST workflows/<int:workflow_id>/retention/": Page(
        action=Action.delete_run, data=posts(days="30", failed_days=""), elsewhere=404
    ),
    "POST workflows/<int:workflow_id>/duplicate/": Page(
        action=Action.publish, data=posts(name="A copy"), elsewhere=404
    ),
    "POST workflows/<int:workflow_id>/archive/": Page(action=Action.publish, elsewhere=404),
    "POST workflows/<int:workflow_id>/delete/": Page(action=Action.delete_run, ids=idle_workflow, elsewhere=404),
    "POST workflows/<int:workflow_id>/restore/": Page(action=Action.publish, ids=archived_workflow, elsewhere=404),
}
RUNS: Mapping[str, Page] = {
    "GET runs/": Page(action=Action.see),
    "POST runs/bulk/ cancel": Page(
        action=Action.control_run, data=lambda there: {"action": "cancel", "run": [there.queued]}
    ),
    "POST runs/bulk/ rerun": Page(
        action=Action.start_run, data=lambda there: {"action": "rerun", "run": [there.failed]}
    ),
    "GET runs/export/<slug:kind>/ csv": Page(action=Action.see, ids=posts(kind="csv")),
    "GET runs/export/<slug:kind>/ json": Page(action=Action.see, ids=posts(kind="json")),
    "GET runs/comments/": Page(action=Action.see, query="?run={run_id}&step=reply", is_partial=True, elsewhere=404),
    "POST runs/comments/": Page(
        action=Action.comment, query="?run={run_id}&step=reply", data=posts(text="Look"), elsewhere=404
    ),
    "POST runs/comments/<int:comment_id>/": Page(
        action=Action.comment, query="?run={run_id}", ids=bobs_comment, data=posts(text="Again"), elsewhere=404
    ),
    "POST runs/comments/<int:comment_id>/delete/": Page(
        action=Action.comment, query="?run={run_id}", ids=bobs_comment, elsewhere=404
    ),
    "GET runs/<int:run_id>/": Page(action=Action.see, elsewhere=404),
    "GET runs/<int:run_id>/steps/": Page(action=Action.see, query="?path=reply", is_partial=True, elsewhere=404),
    "GET runs/<int:run_id>/state/": Page(action=Action.see, elsewhere=404),
    "GET runs/<int:run_id>/log.txt": Page(action=Action.see, elsewhere=404),
    "POST runs/<int:run_id>/retry/": Page(
        action=Action.control_run, ids=of_run("failed"), data=posts(path="cut"), elsewhere=404
    ),
    "GET runs/<int:run_id>/skip/": Page(
        action=Action.skip_step, ids=of_run("failed"), query="?path=cut", elsewhere=404
    ),
    "POST runs/<int:run_id>/skip/": Page(
        action=Action.skip_step,
        ids=of_run("failed"),
        query="?path=cut",
        data=lambda _: {"input.text": "by hand"},
        elsewhere=404,
    ),
    "POST runs/<int:run_id>/do/<slug:verb>/ pause": do("queued", "pause"),
    "POST runs/<int:run_id>/do/<slug:verb>/ resume": do("paused", "resume"),
    "POST runs/<int:run_id>/do/<slug:verb>/ cancel": do("waiting", "cancel"),
    "POST runs/<int:run_id>/do/<slug:verb>/ rerun": do("failed", "rerun", action=Action.start_run),
}
MONEY: Mapping[str, Page] = {
    "GET settings/connections/": Page(action=Action.edit_connection),
    "GET settings/connections/add/": Page(action=Action.edit_connection),
    "GET settings/connections/add/<slug:provider>/": Page(
        action=Action.edit_connection, ids=posts(provider="anthropic")
    ),
    "POST settings/connections/add/<slug:provider>/": Page(
        action=Action.edit_connection, ids=posts(provider="demo"), data=posts(name="Another")
    ),
    "GET settings/connections/<int:connection_id>/": Page(action=Action.edit_connection, elsewhere=404),
    "POST settings/connections/<int:connection_id>/<slug:verb>/ test": on_connection("test"),
    "POST settings/connections/<int:connection_id>/<slug:verb>/ models": on_connection(
        "models", data=posts(models=["demo"], fast="demo")
    ),
    "POST settings/connections/<int:connection_id>/<slug:verb>/ limits": on_connection(
        "limits", data=posts(capacity="3")
    ),
    "POST settings/connections/<int:connection_id>/<slug:verb>/ settings": on_connection(
        "settings", data=posts(name="Renamed")
    ),
    "POST settings/connections/<int:connection_id>/<slug:verb>/ key": on_connection(
        "key", ids=with_key, data=lambda _: {"secret-api_key": "sk-new"}
    ),
    "POST settings/connections/<int:connection_id>/<slug:verb>/ default": on_connection("default", ids=with_key),
    "POST settings/connections/<int:connection_id>/<slug:verb>/ delete": on_connection("delete"),
    "GET settings/limits/": Page(action=Action.edit_budget),
    "POST settings/limits/<slug:verb>/ team": on_limits("team", posts(runs="5")),
    "POST settings/limits/<slug:verb>/ workflow": on_limits(
        "workflow", lambda there: {"workflow": there.ids["slug"], "runs": "5"}, elsewhere=422
    ),
    "POST settings/limits/<slug:verb>/ budget": on_limits("budget", posts(subject="team", unit="tokens", most="5")),
    "POST settings/limits/<slug:verb>/ remove": on_limits("remove", posts(subject="team", unit="calls"), elsewhere=422),
}
EVERYWHERE: Mapping[str, Page] = {
    "GET help/": Page(),
    "GET help/<path:name>/": Page(ids=posts(name="first-steps")),
    "GET command-menu/": Page(query=f"?q={MARK}"),
}
CASES = {**PEOPLE, **REVIEWS, **WORKFLOWS, **RUNS, **MONEY, **EVERYWHERE}
PUBLIC: Mapping[str, tuple[str, *tuple[int, ...]]] = {
    "join/<str:secret>/": ("/join/nothing/", 404),
    "sign-in/<str:secret>/": ("/sign-in/nothing/", 404),
    "appearance/": ("/appearance/", 405),
    "healthz": ("/healthz", 200),
    "readyz": ("/readyz", 200, 503),
    "help/images/<str:name>": ("/help/images/nothing.png", 404),
}
OTHERS = ("api/v1/", "accounts/", "^accounts/")
"""Routes of the API: test_s06_routes.py. Of django-allauth: below."""


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One transaction for all these tests, so that the world is made once: what each of them does is undone."""
    with django_db_blocker.unblock(), undone():
        yield


@pytest.fixture(scope="module")
def there(db: None) -> World:
    return world()


def ask(client: Client, name: str, there: World, filled: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[int, str]:
    """The status and the text of the answer."""
    page, (method, route) = CASES[name], name.split(" ")[:2]
    address = "/" + PART.sub(lambda found: str(filled[found[1]]), route) + page.query.format(**filled)
    headers = PARTIAL if page.is_partial else {}
    answer = getattr(client, method.lower())(address, data, headers=headers)
    return answer.status_code, text_of(answer)


def text_of(answer: HttpResponseBase) -> str:
    """All that is told: the body, where it leads, and what is kept in cookies."""
    body = b"".join(answer.streaming_content if answer.streaming and not answer.is_async else answer)  # type: ignore[attr-defined]
    return body.decode(errors="replace") + answer.get("Location", "") + str(answer.cookies)


def filled(name: str, there: World) -> Mapping[str, Any]:
    more = {
        "workflow_id": there.version.workflow_id,
        "question": Review.objects.of(there.people.team).get(run=there.waiting).question_id,
    }
    return {**there.ids, **more, **CASES[name].ids(there)}


def make(there: World, role: Role) -> None:
    Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).update(role=role)


def works(name: str) -> int:
    return CASES[name].works or (200 if name.startswith("GET") else 302)


def test_every_page_is_in_the_table_and_no_other() -> None:
    known = {name.split(" ")[1] for name in CASES} | set(PUBLIC)
    found = {route for route in addresses(get_resolver()) if not route.startswith(OTHERS)}
    assert known == found
    assert found <= set(PAGES)


def test_every_verb_is_in_the_table() -> None:
    def verbs(route: str) -> set[str]:
        return {name.split(" ")[2] for name in CASES if name.split(" ")[1] == route}

    assert verbs("runs/<int:run_id>/do/<slug:verb>/") == set(CONTROLS)
    assert verbs("runs/bulk/") == set(ACTIONS)
    assert verbs("runs/export/<slug:kind>/") == set(KINDS)
    assert verbs("settings/connections/<int:connection_id>/<slug:verb>/") == set(CONNECTION_VERBS)
    assert verbs("settings/limits/<slug:verb>/") == set(LIMIT_VERBS)


@pytest.mark.parametrize("route", sorted({name.split(" ")[1] for name in CASES}))
def test_a_method_that_is_not_in_the_table_is_refused(route: str, there: World) -> None:
    names = [name for name in CASES if name.split(" ")[1] == route]
    with undone():
        make(there, Role.owner)
        address = "/" + PART.sub(lambda found: str(filled(names[0], there)[found[1]]), route)
        client, before = signed_in("alice"), fingerprint(there.people.team)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {name.split(" ")[0] for name in names}:
            assert client.generic(method, address).status_code == 405, method
        assert fingerprint(there.people.team) == before


@pytest.mark.parametrize("name", sorted(CASES))
def test_strangers_and_another_team_get_nothing_of_it_and_change_nothing(name: str, there: World) -> None:
    page = CASES[name]
    with undone():
        make(there, Role.owner)
        at, data = filled(name, there), page.data(there)
        before = fingerprint(there.people.team)
        status, text = ask(Client(), name, there, at, data)
        assert (status, SIGN_IN in text, MARK in text.replace(f"q%3D{MARK}", "")) == (302, True, False)
        status, text = ask(signed_in("charlie"), name, there, at, page.data(there))
        assert status == (page.elsewhere or works(name)), text
        assert MARK not in text.replace(f'value="{MARK}"', "") if "command-menu" not in name else True
        assert fingerprint(there.people.team) == before


@pytest.mark.parametrize("name", sorted(name for name in CASES if name.startswith("POST")))
def test_a_form_of_another_site_is_refused(name: str, there: World) -> None:
    with undone():
        make(there, Role.owner)
        at, data = filled(name, there), CASES[name].data(there)
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.get(email="bob@example.org"), settings.AUTHENTICATION_BACKENDS[0])
        before = fingerprint(there.people.team)
        assert ask(client, name, there, at, data)[0] == 403
        assert fingerprint(there.people.team) == before


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_role_may_on_a_page_what_the_role_table_says(name: str, there: World) -> None:
    page = CASES[name]
    for role in Role:
        with undone():
            make(there, Role.owner)
            at, data = filled(name, there), page.data(there)
            make(there, role)
            client, before = signed_in("bob"), fingerprint(there.people.team)
            status, text = ask(client, name, there, at, data)
            is_changed = fingerprint(there.people.team) != before
            if (page.action is None or page.action in ALLOWED[role]) and role in page.roles:
                assert status == works(name), (role, text)
                assert is_changed == (page.changes and name.startswith("POST")), role
            else:
                assert (role, status) in ((role, 403), (role, 404)), text
                assert not is_changed, role
                assert MARK not in text, role


def test_who_is_in_no_team_any_more_gets_nothing(there: World) -> None:
    with undone():
        client = signed_in("bob")
        Member.objects.of(there.people.team).filter(pk=there.people.bob.member_id or 0).delete()
        for name in CASES:
            status, text = ask(client, name, there, filled_for_nobody(name, there), {})
            assert status in (200, 302, 403, 404), name
            assert MARK not in text or "command-menu" in name, name


def filled_for_nobody(name: str, there: World) -> Mapping[str, Any]:
    """The addresses alone: nothing is made for somebody who is in no team."""
    more = {
        "workflow_id": there.version.workflow_id,
        "question": 1,
        "verb": "cancel",
        "kind": "csv",
        "provider": "demo",
    }
    return {**there.ids, **more}


def test_another_team_cannot_be_chosen(there: World) -> None:
    with undone():
        client = signed_in("charlie")
        client.post("/team/", {"team": there.people.team.pk})
        for address in ("/runs/", "/workflows/", "/inbox/", "/settings/tables/", "/settings/members/"):
            assert MARK not in client.get(address).content.decode(), address


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_a_public_page_tells_nothing_of_anybody(route: str, there: World) -> None:
    address, *expected = PUBLIC[route]
    with undone():
        before = fingerprint(there.people.team)
        answer = Client().get(address)
        assert answer.status_code in expected
        assert MARK not in text_of(answer)
        Client().post(address)
        assert fingerprint(there.people.team) == before


def test_pages_of_accounts_show_and_change_nothing_of_a_team(there: World) -> None:
    routes = [route for route in addresses(get_resolver()) if route.startswith("accounts/") and "<" not in route]
    assert len(routes) > 10
    for route in routes:
        for client in (Client(), signed_in("charlie")):
            with undone():
                before = fingerprint(there.people.team)
                for answer in (client.get(f"/{route}"), client.post(f"/{route}")):
                    assert MARK not in text_of(answer), route
                assert fingerprint(there.people.team) == before, route


def test_the_question_of_the_world_is_there(there: World) -> None:
    """The cases of fragments would be 404 for everybody else."""
    assert Question.unscoped.filter(run=there.waiting, status="open").count() == 1
