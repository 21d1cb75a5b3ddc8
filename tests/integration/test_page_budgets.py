"""What a page asks of the database: a bounded number of queries, and the same number however much there is."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orchestrator.operations import allowances, starting
from orchestrator.operations.starting import Wanted
from reviews.models import Review
from reviews.operations import save_queue
from reviews.operations.queues import QueueSettings
from teams.operations.comments import add_comment
from teams.operations.connections import ConnectionForm, create_connection
from teams.operations.members import add_member
from teams.operations.tables import import_table
from teams.operations.tokens import create_token
from teams.policy import Permission, Role
from tests import runs as played
from tests.personas import NOW
from tests.security.page_cases import CASES, PARTIAL
from tests.security.test_s06_pages import PART
from tests.security.test_s06_routes import signed_in
from tests.world import FAILS, World, gated, world

pytestmark = pytest.mark.django_db
MOST = 40
"""Queries of the heaviest page, session and caller included."""
TIMES = 10
FILES = {"runs/export/<slug:kind>/", "settings/audit/export/"}
"""They walk through everything, piece by piece: tests of their own."""
PAGES = sorted(name for name in CASES if name.startswith("GET") and name.split(" ")[1] not in FILES)
TABS = {
    "GET runs/<int:run_id>/": ["?tab=timeline", "?tab=log", "?tab=result", "?step=step_1"],
    "GET workflows/<int:workflow_id>/": ["?tab=versions", "?tab=runs", "?tab=settings"],
    "GET inbox/": ["?view=all"],
}


def test_no_page_asks_more_when_there_is_more() -> None:
    there = world()
    client = signed_in("alice")
    some = {page: asked(client, page) for page in addresses(there, run=long_run(there, 1))}
    more_of_everything(there)
    many = {page: asked(client, page) for page in addresses(there, run=long_run(there, TIMES))}
    grown = {
        page: (before, after)
        for (page, before), after in zip(some.items(), many.values(), strict=True)
        if after > before + 1
    }
    assert grown == {}
    assert {page: count for page, count in many.items() if count > MOST} == {}


def asked(client: Client, address: str) -> int:
    """How many queries the page takes, the second time: what is kept for all visitors is there then."""
    headers = PARTIAL if "comments" in address or "/steps/" in address else {}
    client.get(address, headers=headers)
    with CaptureQueriesContext(connection) as taken:
        assert client.get(address, headers=headers).status_code in (200, 302), address
    return len(taken)


def addresses(there: World, *, run: int) -> list[str]:
    """Every page that can be read, with its tabs."""
    return [
        address_of(name, query, numbers_of(name, there, run))
        for name in PAGES
        for query in [CASES[name].query, *TABS.get(name, ())]
    ]


def address_of(name: str, query: str, numbers: Mapping[str, Any]) -> str:
    route = name.split(" ")[1]
    return "/" + PART.sub(lambda found: str(numbers[found[1]]), route) + query.format(**numbers)


def numbers_of(name: str, there: World, run: int) -> Mapping[str, Any]:
    review = Review.objects.of(there.people.team).get(run=there.waiting)
    more = {"run_id": run, "workflow_id": there.version.workflow_id, "question": review.question_id}
    if "skip" in name:
        more["run_id"] = there.failed
    own = {
        "GET help/<path:name>/": {"name": "first-steps"},
        "GET settings/queues/edit/<slug:slug>/": {"slug": "support"},
    }
    return {**there.ids, **more, "provider": "anthropic", **own.get(name, {})}


def long_run(there: World, size: int) -> int:
    """A finished run with so many steps side by side, called `reply` and `step_1`, `step_2` ..."""
    names = ["reply", *(f"step_{number}" for number in range(1, size + 1))]
    nodes = {name: {"type": "transform", "config": {"template": "Hello"}} for name in names}
    version = played.a_version({"nodes": nodes, "edges": []}, team=there.people.team)
    run = played.start(version)
    played.work(run)
    for name in names:
        add_comment(by=there.people.alice, subject=f"run:{run}", place=name, text="Look", now=NOW)
    return run


def more_of_everything(there: World) -> None:
    """As many again, ten times."""
    by, team = there.people.alice, there.people.team
    for number in range(TIMES):
        for document in (gated(), FAILS):
            version = played.a_version(document, team=team)
            played.work(starting.start_run(by=by, wanted=Wanted(version=version, given={"message": "x"})))
        played.work(starting.start_run(by=by, wanted=Wanted(version=there.version, given={"message": "x"})))
        create_connection(by=by, form=ConnectionForm(name=f"c{number}", provider="demo"), now=NOW)
        create_token(by=by, name=f"t{number}", permissions=[Permission.read], expires_at=None, now=NOW)
        add_member(by=by, email=f"m{number}@example.org", role=Role.viewer, name=f"M{number}", now=NOW)
        import_table(by=by, name=f"table{number}", rows=[{"name": "Ada"}], now=NOW)
        save_queue(by=by, settings=QueueSettings(slug=f"q{number}", name=f"Q{number}"), now=NOW)
        allowances.set_budget(by=by, subject=f"workflow:{version.workflow.slug}", unit="calls", most=9, now=NOW)
        allowances.limit_runs(by=by, workflow=version.workflow.slug, most=9, now=NOW)
        add_comment(by=by, subject=f"run:{there.waiting}", place="reply", text="Look", now=NOW)
    import_table(by=by, name="customers", rows=[{"name": f"Ada {number}"} for number in range(TIMES)], now=NOW)
