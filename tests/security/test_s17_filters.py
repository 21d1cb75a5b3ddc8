"""S17: nothing of a request becomes the name of a column: no dictionary of a request is expanded into a query."""

import ast
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from orchestrator.models import Run
from tests import runs
from tests.api import Api, api_of, owner
from tests.architecture.sources import place, product, tree
from tests.personas import Personas
from tests.world import MARK, gated, world

QUERIES = frozenset([
    "filter", "exclude", "get", "order_by", "annotate", "alias", "values", "values_list", "only", "defer",
    "aggregate", "get_or_create", "update_or_create", "create", "update", "select_related",
    "prefetch_related", "distinct", "extra", "raw", "latest", "earliest",
])  # fmt: skip
NAMES_IN_CODE = {
    "teams/access.py": "found(): its callers write the names",
    "teams/models/scoping.py": "the manager's own path to the team, and the values of create()",
    "orchestrator/operations/allowances.py": "values with the names of Allowed, written above",
    "orchestrator/operations/workflows.py": "values with two names, written above",
    "orchestrator/queries/workflow_list.py": "day0 to day6, for the seven days of a week",
    "reviews/operations/decisions.py": "values whose names are written above",
    "reviews/operations/questions.py": "values whose names are written above",
    "reviews/operations/queues.py": "values whose names are written above",
}
EDGES = {"api", "api.py", "views.py", "consumers.py", "schemas.py", "sockets.py", "api_page.py"}


def expanded(path: Path) -> Iterator[str]:
    """Calls of a query with * or ** of something."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in QUERIES:
            continue
        starred = [one for one in node.args if isinstance(one, ast.Starred)]
        if starred or any(keyword.arg is None for keyword in node.keywords):
            yield place(path, node.lineno)


def is_edge(path: Path) -> bool:
    return bool(EDGES & set(path.parts))


def test_no_edge_expands_anything_into_a_query() -> None:
    assert [line for path in product() if is_edge(path) for line in expanded(path)] == []


def test_elsewhere_names_of_columns_are_written_in_code() -> None:
    found = {place(path) for path in product() if any(expanded(path))}
    assert found <= set(NAMES_IN_CODE), "say in NAMES_IN_CODE where the names come from, or write them out"


def test_no_query_is_put_together_from_text() -> None:
    """`extra` and `raw` take SQL; the store's own statements are constants."""
    found = [
        place(path, node.lineno)
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("extra", "RawSQL")
    ]
    assert found == []


@pytest.fixture
def people() -> tuple[Personas, Api]:
    return owner()


HOSTILE = (
    {"team_id": "2"},
    {"team": "2"},
    {"version__workflow__team": "2"},
    {"pk__in": "1,2,3"},
    {"status__in": "succeeded"},
    {"started_by__password__startswith": "argon2"},
    {"order_by": "started_by__password"},
    {"workflow__contains": "a"},
    {"filters": '{"team_id": 2}'},
)


@pytest.mark.django_db
@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: next(iter(query)))
@pytest.mark.parametrize("path", ["runs", "workflows", "reviews", "budgets", "members", "tokens", "tables", "audit"])
def test_a_parameter_that_no_route_declares_changes_nothing(query: dict[str, str], path: str) -> None:
    there = world()
    alice, charlie = api_of(there.people.alice), api_of(there.people.charlie)
    assert _names(alice.get(path, **query)) == _names(alice.get(path))
    assert MARK not in str(charlie.get(path, **query))
    assert charlie.status == 200


def _names(page: dict[str, list[dict[str, object]]]) -> list[object]:
    return [one.get("id", one.get("slug", one.get("name"))) for one in page["items"]]


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{"team_id": 2}, {"started_by": 1}, {"is_test": True}, {"status": "succeeded"}])
def test_a_member_of_a_body_that_no_route_declares_is_refused(
    people: tuple[Personas, Api], more: dict[str, int]
) -> None:
    _, api = people
    found = api.post("runs", {"workflow": "x", **more})
    assert (api.status, found["code"]) == (422, "wrong_request")
    assert not Run.unscoped.exists()


@pytest.mark.django_db
@pytest.mark.store
@pytest.mark.parametrize(
    "value", ["1 OR 1=1", "1; DROP TABLE run", "%", "__import__('os')", "{{ 7*7 }}", "\x00", "' --"]
)
def test_a_value_is_a_value(people: tuple[Personas, Api], value: str) -> None:
    _, api = people
    for path, name in (("runs", "workflow"), ("workflows", "after"), ("reviews", "text"), ("reviews", "queue")):
        found = api.get(path, **{name: value})
        assert api.status == 200, found
        assert found["items"] == []
    assert api.get("runs", before=value)["code"] == "wrong_request"
    api.get(f"workflows/{quote(value, safe='')}/versions")
    assert api.status == 404


@pytest.mark.django_db
@pytest.mark.store
def test_what_no_store_can_keep_is_replaced_or_refused(people: tuple[Personas, Api]) -> None:
    who, api = people
    version = runs.a_version(gated(), team=who.team)
    given = f'{{"version": {version.pk}, "input": {{"message": "a\\u0000b\\ud800"}}}}'
    answer = api.client.post("/api/v1/runs", given, content_type="application/json", headers=api.headers)
    assert answer.status_code == 201
    assert api.get(f"runs/{answer.json()['id']}")["input"] == {"message": "a\ufffdb\ufffd"}
    for broken in ('{"input": NaN}', '{"input": -Infinity}', "[" * 100_000, '"\xff"', "", "{}}"):
        answer = api.client.post("/api/v1/runs", broken, content_type="application/json", headers=api.headers)
        assert answer.status_code in (400, 422), broken
        assert answer["Content-Type"] == "application/problem+json"
    document = {"name": "a\x00b", "document": gated("\x00{{ inputs.message }}")}
    assert api.post("workflows", document)["slug"] == "ab"
