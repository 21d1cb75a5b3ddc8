"""How each page is asked for, and who may: the table of test_s06_pages.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.operations import arranging
from teams.operations.comments import add_comment
from teams.operations.connections import ConnectionForm, create_connection
from teams.policy import Action, Role
from teams.previews import look_at
from tests import runs as played
from tests.personas import NOW, caller
from tests.world import MARK, World, a_file, gated

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
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
