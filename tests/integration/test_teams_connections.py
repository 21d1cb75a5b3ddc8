"""Connections: made, changed, deleted; what happens to their secrets is in tests/security/test_s07_secrets.py."""

from dataclasses import replace

import pytest

from teams.errors import NotAllowed, NotFound
from teams.keys import secrets_of
from teams.models import AuditEntry, Connection, Secret
from teams.operations.connections import (
    ConnectionForm,
    ConnectionNameTaken,
    SecretsNeededAgain,
    WrongConnection,
    WrongSecret,
    change_connection,
    create_connection,
    delete_connection,
    make_default,
    replace_secret,
)
from teams.policy import Role
from tests.personas import NOW, personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]

FORM = ConnectionForm(
    name=" Work ",
    provider="anthropic",
    settings={"base_url": "https://models.example.com"},
    aliases={"fast": "small", "strong": "large"},
    secrets={"api_key": " sk-not-a-real-key "},
    max_concurrency=4,
    tokens_per_minute=100_000,
)


def test_a_connection_is_stored_with_its_secrets_apart() -> None:
    world = personas()
    made = create_connection(by=world.alice, form=FORM, now=NOW)
    row = Connection.objects.of(world.team).get()
    assert (row.name, row.provider, row.aliases, row.max_concurrency) == ("Work", "anthropic", FORM.aliases, 4)
    assert (row.requests_per_minute, row.tokens_per_minute, row.changed_at) == (None, 100_000, NOW)
    assert secrets_of(made) == {"api_key": "sk-not-a-real-key"}
    entry = AuditEntry.objects.of(world.team.pk).latest("id")
    assert (entry.action, entry.subject) == ("connection.created", "Work")
    assert entry.data == {"provider": "anthropic", "settings": ["base_url"], "secrets": ["api_key"]}


def test_the_first_connection_is_the_default_until_another_is_made_it() -> None:
    world = personas()
    first = create_connection(by=world.alice, form=FORM, now=NOW)
    second = create_connection(by=world.alice, form=replace(FORM, name="Other"), now=NOW)
    assert (first.is_default, second.is_default) == (True, False)
    make_default(by=world.alice, connection_id=second.pk, now=NOW)
    assert [one.pk for one in Connection.objects.of(world.team).filter(is_default=True)] == [second.pk]


def test_two_connections_of_a_team_have_two_names() -> None:
    world = personas()
    create_connection(by=world.alice, form=FORM, now=NOW)
    other = create_connection(by=world.alice, form=replace(FORM, name="Other"), now=NOW)
    with pytest.raises(ConnectionNameTaken, match="'Work'"):
        create_connection(by=world.alice, form=FORM, now=NOW)
    with pytest.raises(ConnectionNameTaken):
        change_connection(by=world.alice, connection_id=other.pk, form=FORM, now=NOW)
    create_connection(by=world.charlie, form=FORM, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"name": " "}, WrongConnection),
        ({"name": "x" * 101}, WrongConnection),
        ({"provider": ""}, WrongConnection),
        ({"max_concurrency": 0}, WrongConnection),
        ({"requests_per_minute": -1}, WrongConnection),
        ({"secrets": {"api_key": " "}}, WrongSecret),
        ({"secrets": {"api_key": "x" * 20_000}}, WrongSecret),
    ],
)
def test_a_wrong_connection_is_refused(wrong: dict, error: type[Exception]) -> None:
    world = personas()
    with pytest.raises(error):
        create_connection(by=world.alice, form=replace(FORM, **wrong), now=NOW)
    assert not Connection.objects.of(world.team).exists()


def test_a_change_keeps_the_secrets_where_the_settings_stay() -> None:
    world = personas()
    made = create_connection(by=world.alice, form=FORM, now=NOW)
    form = replace(FORM, name="Renamed", aliases={"fast": "tiny"}, secrets={})
    changed = change_connection(by=world.alice, connection_id=made.pk, form=form, now=NOW)
    assert (changed.name, changed.aliases) == ("Renamed", {"fast": "tiny"})
    assert secrets_of(made) == {"api_key": "sk-not-a-real-key"}


@pytest.mark.parametrize("change", [{"settings": {"base_url": "https://evil.example.com"}}, {"provider": "openai"}])
def test_a_secret_is_not_sent_elsewhere_by_who_does_not_know_it(change: dict) -> None:
    world = personas()
    made = create_connection(by=world.alice, form=FORM, now=NOW)
    with pytest.raises(SecretsNeededAgain) as refused:
        change_connection(by=world.alice, connection_id=made.pk, form=replace(FORM, secrets={}, **change), now=NOW)
    assert refused.value.data == {"secrets": ["api_key"]}
    anew = replace(FORM, secrets={"api_key": "another-key"}, **change)
    change_connection(by=world.alice, connection_id=made.pk, form=anew, now=NOW)
    assert secrets_of(made) == {"api_key": "another-key"}


def test_a_replaced_secret_is_the_one_that_is_used_and_logged_by_name() -> None:
    world = personas()
    made = create_connection(by=world.alice, form=FORM, now=NOW)
    replace_secret(by=world.alice, connection_id=made.pk, name="api_key", value="new-key", now=NOW)
    assert secrets_of(made) == {"api_key": "new-key"}
    assert Secret.objects.of(world.team).count() == 1
    assert AuditEntry.objects.of(world.team.pk).latest("id").data == {"secret": "api_key"}


def test_a_deleted_connection_takes_its_secrets_along() -> None:
    world = personas()
    made = create_connection(by=world.alice, form=FORM, now=NOW)
    delete_connection(by=world.alice, connection_id=made.pk, now=NOW)
    assert not Secret.objects.of(world.team).exists()
    assert AuditEntry.objects.of(world.team.pk).latest("id").action == "connection.deleted"


def test_publishers_and_other_teams_touch_no_connection() -> None:
    world = personas(bobs_role=Role.publisher)
    made = create_connection(by=world.alice, form=FORM, now=NOW)
    for by, error in ((world.bob, NotAllowed), (world.charlie, NotFound)):
        with pytest.raises(error):
            change_connection(by=by, connection_id=made.pk, form=replace(FORM, name="Mine"), now=NOW)
        with pytest.raises(error):
            replace_secret(by=by, connection_id=made.pk, name="api_key", value="mine", now=NOW)
        with pytest.raises(error):
            make_default(by=by, connection_id=made.pk, now=NOW)
        with pytest.raises(error):
            delete_connection(by=by, connection_id=made.pk, now=NOW)
    with pytest.raises(NotAllowed):
        create_connection(by=world.bob, form=FORM, now=NOW)
    assert secrets_of(made) == {"api_key": "sk-not-a-real-key"}
