"""S6: rows of a team are asked for with the team; what belongs to another team is not found."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from teams.access import connection_of, member_of, table_of, token_of
from teams.errors import NotFound
from teams.models import OfTeam, UnscopedQuery
from teams.operations.connections import ConnectionForm, create_connection
from teams.operations.tables import import_table
from teams.operations.tokens import create_token
from teams.policy import Permission
from teams.tables import UnknownTable, look_up
from tests.architecture.sources import APPS, place, product, tree
from tests.personas import NOW, personas

OF_NO_TEAM = {
    "Team": "it is the team",
    "User": "a person may be in several teams",
    "SignInLink": "belongs to a person",
    "Letter": "belongs to a person",
    "Worker": "a process of the installation",
    "Tick": "the sweeper's turn, of the installation",
    "SearchProgress": "how far the sweeper has indexed, of the installation",
}
EDGES = {"api", "views", "consumers", "schemas", "urls", "forms", "home", "cli", "templatetags"}
UNSCOPED_IN_TEAMS = {
    "teams/audit.py": "the chain runs over all teams",
    "teams/authentication.py": "finds out which team asks",
    "teams/idempotency.py": "old keys are forgotten for all teams",
    "teams/models/scoping.py": "defines it",
    "teams/models/audit.py": "defines it",
    "teams/models/table.py": "defines it",
    "teams/operations/connections.py": "a rotation of keys is for all teams",
    "teams/operations/first_team.py": "runs before there is a team",
    "teams/operations/sign_in.py": "a person's teams",
}
MODELS = [model for model in apps.get_models() if model.__module__.partition(".")[0] in APPS]
TENANTS = [model for model in MODELS if model.__name__ not in OF_NO_TEAM]
ASKING = (
    "all",
    "get",
    "filter",
    "exclude",
    "count",
    "exists",
    "first",
    "last",
    "values",
    "values_list",
    "iterator",
    "update",
)


def unscoped_lines(path: Path) -> list[str]:
    return [
        place(path, node.lineno)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"unscoped", "_base_manager", "_default_manager"}
    ]


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model.__name__)
def test_every_row_is_asked_for_with_its_team(model: type[models.Model]) -> None:
    manager = model.objects  # type: ignore[attr-defined]
    assert isinstance(manager, OfTeam), f"{model.__name__} belongs to no team: say why in OF_NO_TEAM, or give it OfTeam"
    assert model._meta.default_manager_name == "unscoped"
    assert "WHERE" in str(manager.of(7).query)


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("method", ASKING)
def test_a_query_without_a_team_is_an_error(model: type[models.Model], method: str) -> None:
    with pytest.raises(UnscopedQuery, match=r"objects\.of\(team\)"):
        getattr(model.objects, method)()  # type: ignore[attr-defined]


def test_the_list_of_what_belongs_to_no_team_is_up_to_date() -> None:
    assert set(OF_NO_TEAM) <= {model.__name__ for model in MODELS}


def test_no_edge_goes_around_the_team() -> None:
    edges = [path for path in product() if EDGES & {part.removesuffix(".py") for part in path.parts}]
    assert [line for path in edges for line in unscoped_lines(path)] == []


def test_this_app_goes_around_the_team_only_where_it_says_why() -> None:
    found = {place(path) for path in product("teams") if unscoped_lines(path)}
    assert found <= set(UNSCOPED_IN_TEAMS)


@pytest.mark.django_db
def test_what_another_team_has_is_not_found() -> None:
    world = personas()
    connection = create_connection(by=world.alice, form=ConnectionForm(name="c", provider="demo"), now=NOW)
    token = create_token(by=world.alice, name="t", permissions=[Permission.read], expires_at=None, now=NOW)
    import_table(by=world.alice, name="t", rows=[{"a": 1}], now=NOW)
    rows: list[tuple[str, Callable, int | str, int | str]] = [
        ("connection", connection_of, connection.pk, 987654),
        ("api token", token_of, token.id, 987654),
        ("member", member_of, world.alice.member_id or 0, 987654),
        ("table", table_of, "t", "nothing"),
    ]
    for kind, find, theirs, nobodys in rows:
        assert find(world.alice, theirs)
        for key in (theirs, nobodys):
            with pytest.raises(NotFound) as refused:
                find(world.charlie, key)
            assert str(refused.value) == f"There is no {kind} {key} in this team."
    with pytest.raises(UnknownTable):
        look_up(world.other_team.pk, "t", {"a": 1})
