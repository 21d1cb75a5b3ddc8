"""S7: secrets are sealed for their row, written only, and taken out of whatever is written."""

import ast
import io
import json
import logging
import time

import pytest
from django.core import serializers
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from config.logs import EventFormatter, logging_settings
from teams.keys import secrets_of
from teams.log_filter import RedactingFilter
from teams.models import AuditEntry, Connection, Secret
from teams.opened import redact_opened
from teams.operations.connections import (
    ConnectionForm,
    change_connection,
    create_connection,
    replace_secret,
    reseal_secrets,
)
from teams.redaction import HIDDEN, redact
from teams.secrets import KeyRing, Sealed, UnreadableSecret
from tests.architecture.sources import place, product, tree
from tests.personas import NOW, Personas, personas

CANARY = 'canary-7Qx/ü"4-tell-nobody'
OPENERS = {
    "teams/keys.py": "opens them",
    "teams/operations/connections.py": "seals them, and anew after a rotation",
    "orchestrator/worker/clients.py": "makes a provider's client",
    "orchestrator/worker/tool_context.py": "gives a tool its connection's",
}


def with_canary() -> tuple[Personas, Connection]:
    world = personas()
    form = ConnectionForm(name="Work", provider="anthropic", secrets={"api_key": CANARY})
    return world, create_connection(by=world.alice, form=form, now=NOW)


@given(st.text(min_size=1), st.integers(min_value=1), st.uuids())
def test_what_was_sealed_opens_in_its_place(value: str, team: int, row: object) -> None:
    ring = KeyRing(["a phrase"])
    try:
        sealed = ring.seal(value, team_id=team, row_id=str(row))
    except UnicodeEncodeError:
        return
    assert ring.open(sealed, team_id=team, row_id=str(row)) == value
    assert value.encode() not in sealed.data or len(value) < 3


@pytest.mark.parametrize(("team", "row"), [(2, "r"), (1, "s"), (11, "r")])
def test_a_secret_does_not_open_in_another_team_or_row(team: int, row: str) -> None:
    ring = KeyRing(["a phrase"])
    sealed = ring.seal("value", team_id=1, row_id="r")
    with pytest.raises(UnreadableSecret):
        ring.open(sealed, team_id=team, row_id=row)


@pytest.mark.parametrize("position", [0, 12, -1])
def test_a_changed_secret_does_not_open(position: int) -> None:
    ring = KeyRing(["a phrase"])
    sealed = ring.seal("value", team_id=1, row_id="r")
    data = bytearray(sealed.data)
    data[position] ^= 1
    with pytest.raises(UnreadableSecret):
        ring.open(Sealed(key_id=sealed.key_id, data=bytes(data)), team_id=1, row_id="r")


def test_one_value_is_never_sealed_alike() -> None:
    ring = KeyRing(["a phrase"])
    assert len({ring.seal("value", team_id=1, row_id="r").data for _ in range(50)}) == 50


def test_earlier_keys_read_and_the_present_one_writes() -> None:
    old = KeyRing(["old"]).seal("value", team_id=1, row_id="r")
    both = KeyRing(["new", "old"])
    assert both.open(old, team_id=1, row_id="r") == "value"
    assert both.seal("value", team_id=1, row_id="r").key_id == both.present != old.key_id
    with pytest.raises(UnreadableSecret, match="BATON_OLD_SECRETS"):
        KeyRing(["new"]).open(old, team_id=1, row_id="r")


@pytest.mark.django_db
def test_a_rotation_seals_everything_anew() -> None:
    world, connection = with_canary()
    with override_settings(
        SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS=["a fixed secret of the tests, long enough to be accepted"]
    ):
        assert secrets_of(connection) == {"api_key": CANARY}
        assert reseal_secrets(now=NOW) == 1
        assert reseal_secrets(now=NOW) == 0
    with override_settings(SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS=[]):
        assert secrets_of(connection) == {"api_key": CANARY}
    assert AuditEntry.objects.of(world.team.pk).latest("id").action == "connection.secrets_resealed"


@pytest.mark.django_db
def test_a_row_copied_to_another_team_does_not_open() -> None:
    world, _ = with_canary()
    mine = create_connection(by=world.charlie, form=ConnectionForm(name="Mine", provider="anthropic"), now=NOW)
    stolen = Secret.objects.of(world.team).get()
    Secret.unscoped.filter(pk=stolen.pk).update(team=world.other_team, connection=mine)
    with pytest.raises(UnreadableSecret):
        secrets_of(mine)


@pytest.mark.django_db
def test_no_row_of_the_database_shows_the_canary() -> None:
    world, connection = with_canary()
    secrets_of(connection)
    replace_secret(by=world.alice, connection_id=connection.pk, name="api_key", value=CANARY, now=NOW)
    form = ConnectionForm(name="Renamed", provider="anthropic", secrets={"api_key": CANARY})
    change_connection(by=world.alice, connection_id=connection.pk, form=form, now=NOW)
    stored = [*Connection.unscoped.all(), *Secret.unscoped.all(), *AuditEntry.unscoped.all()]
    assert len(stored) > 5
    shown = serializers.serialize("json", stored) + "".join(repr(vars(row)) for row in stored) + repr(form)
    for written in (CANARY, json.dumps(CANARY)[1:-1], "canary-7Qx"):
        assert written not in shown


def logged(message: str, *args: object, **extra: object) -> str:
    """What the product's own handler writes of a record."""
    described = logging_settings("INFO")
    assert described["handlers"]["stderr"]["filters"] == ["secrets"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    handler.setFormatter(EventFormatter())
    logger = logging.Logger("canary")  # one of its own
    logger.addHandler(handler)
    try:
        raise ValueError(f"refused: {args}")
    except ValueError:
        logger.exception(message, *args, extra=extra)
    return stream.getvalue()


@pytest.mark.django_db
def test_the_log_shows_the_canary_in_no_writing() -> None:
    _, connection = with_canary()
    secrets_of(connection)
    text = logged("call failed with %s", CANARY, url=f"https://h/?k={CANARY}", body=json.dumps({"k": CANARY}), tries=3)
    assert "canary" not in text.replace("ERROR canary:", "")
    assert "ValueError" in text
    assert "tries=3" in text
    assert text.count(HIDDEN) >= 4


@pytest.mark.django_db
def test_errors_and_events_can_be_cleaned_of_what_was_opened() -> None:
    _, connection = with_canary()
    secrets_of(connection)
    assert redact_opened(f"401: {CANARY} is no key") == f"401: {HIDDEN} is no key"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def-123456",
        '{"authorization": "Basic dXNlcjpwYXNzd29yZA=="}',
        "sk-ant-api03-" + "a" * 30,
        "sk-proj-" + "B1" * 20,
        "baton_ab12cd34_" + "x" * 43,
        "ghp_" + "a" * 36,
        "AKIA" + "A" * 16,
        "x-api-key: 0123456789abcdef",
        "postgres://user:hunter2secret@db/x",
        '{"client_secret": "0123456789"}',
        "https://h/?api_key=0123456789&x=1",
        "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeKKF2",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str) -> None:
    hidden = redact(text)
    assert HIDDEN in hidden
    for piece in ("abc.def", "dXNlc", "aaaa", "B1B1", "xxxx", "AAAA", "0123456789", "hunter2", "SflKx", "MIIE"):
        assert piece not in hidden


@pytest.mark.parametrize(
    "text", ["the password is wrong", "1,204 tokens", "https://h/path:80", "task-sk-1", "a bearer of news"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text, ["ab"]) == text


@given(st.text(max_size=300), st.text(min_size=6, max_size=30))
def test_a_value_is_gone_wherever_it_stands(text: str, value: str) -> None:
    assert value not in redact(f"{text}{value}{text}", [value]).replace(HIDDEN, "") or value in HIDDEN


def test_cleaning_a_long_text_takes_no_time() -> None:
    started = time.perf_counter()
    for hostile in (
        "Bearer " * 30_000,
        "://" + "a" * 200_000,
        "-----BEGIN PRIVATE KEY-----" * 5_000,
        "api_key=" * 30_000,
    ):
        redact(hostile)
    assert time.perf_counter() - started < 2


def test_secrets_are_opened_in_few_places() -> None:
    names = {"secrets_of", "open_secret", "KeyRing", "key_ring"}
    found = {
        place(path)
        for path in product()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Name) and node.id in names) or (isinstance(node, ast.Attribute) and node.attr in names)
    }
    assert found <= set(OPENERS), "say here why it opens secrets"
