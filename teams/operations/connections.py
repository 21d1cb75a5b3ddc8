"""Connections: make, change, delete, make the default; their secrets go in and never come out again.

Which settings and secrets a provider has is known above this app: whoever calls has checked them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from teams.access import connection_of
from teams.audit import record
from teams.callers import Caller, operator
from teams.errors import Conflict, WrongInput
from teams.keys import key_ring, open_secret, seal
from teams.models import Connection, Secret, Team
from teams.policy import Action
from teams.values import JsonObject, clean

LONGEST_NAME = 100
LONGEST_SECRET = 16_384


class ConnectionNameTaken(Conflict):
    """The team has a connection with this name. Choose another name, or change that connection."""

    code = "connection_name_taken"


class WrongConnection(WrongInput):
    """A connection needs a name of at most 100 characters and the provider's name."""

    code = "wrong_connection"


class WrongSecret(WrongInput):
    """A secret must not be empty, and at most 16 KiB long."""

    code = "wrong_secret"


class SecretsNeededAgain(WrongInput):
    """Type the secrets again: they were given for the settings as they were, and must not go anywhere else unseen."""

    code = "secrets_needed_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionForm:
    """A connection as a person writes it. `secrets` by name; in a change those left out stay as they are."""

    name: str
    provider: str
    settings: JsonObject = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    max_concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


def create_connection(*, by: Caller, form: ConnectionForm, now: datetime) -> Connection:
    """A new connection; a team's first becomes its default."""
    by.demand(Action.edit_connection)
    _check(form)
    with transaction.atomic():
        _lock(by)
        _free_name(by, form.name)
        is_first = not Connection.objects.of(by.team_id).exists()
        connection = Connection(team_id=by.team_id, is_default=is_first, created_at=now)
        _fill(connection, form, now)
        _store(connection, form.secrets, now)
        record(by=by, action="connection.created", subject=connection.name, data=_shown(form), now=now)
    return connection


def change_connection(*, by: Caller, connection_id: int, form: ConnectionForm, now: datetime) -> Connection:
    """The connection as the form says. Other settings need the secrets again: an address might be among them."""
    by.demand(Action.edit_connection)
    _check(form)
    with transaction.atomic():
        _lock(by)
        connection = connection_of(by, connection_id)
        _free_name(by, form.name, except_id=connection.pk)
        _demand_secrets_again(connection, form)
        _fill(connection, form, now)
        _store(connection, form.secrets, now)
        record(by=by, action="connection.changed", subject=form.name, data=_shown(form), now=now)
    return connection


def replace_secret(*, by: Caller, connection_id: int, name: str, value: str, now: datetime) -> None:
    """Another value for one secret of a connection."""
    by.demand(Action.edit_connection)
    _check_secret(value)
    with transaction.atomic():
        _lock(by)
        connection = connection_of(by, connection_id)
        _store(connection, {name: value}, now)
        Connection.objects.of(by.team_id).filter(pk=connection.pk).update(changed_at=now)
        record(by=by, action="connection.secret_replaced", subject=connection.name, data={"secret": name}, now=now)


def make_default(*, by: Caller, connection_id: int, now: datetime) -> None:
    """What a node means that names no connection."""
    by.demand(Action.edit_connection)
    with transaction.atomic():
        _lock(by)
        connection = connection_of(by, connection_id)
        Connection.objects.of(by.team_id).filter(is_default=True).update(is_default=False)
        Connection.objects.of(by.team_id).filter(pk=connection.pk).update(is_default=True, changed_at=now)
        record(by=by, action="connection.made_default", subject=connection.name, now=now)


def delete_connection(*, by: Caller, connection_id: int, now: datetime) -> None:
    """The connection and its secrets are gone."""
    by.demand(Action.edit_connection)
    with transaction.atomic():
        _lock(by)
        connection = connection_of(by, connection_id)
        record(by=by, action="connection.deleted", subject=connection.name, now=now)
        connection.delete()


def reseal_secrets(*, now: datetime) -> int:
    """Seal with the present key what an earlier one sealed, in all teams; how many. For the operator, after a rotation."""
    ring = key_ring()
    with transaction.atomic():
        rows = list(Secret.unscoped.select_for_update().exclude(key_id=ring.present))
        for row in rows:
            seal(ring, row, open_secret(ring, row))
            row.changed_at = now
            row.save(update_fields=["key_id", "sealed", "changed_at"])
        for team_id, count in Counter(row.team_id for row in rows).items():
            by = operator(team_id)
            record(by=by, action="connection.secrets_resealed", subject="all", data={"count": count}, now=now)
    return len(rows)


def _check(form: ConnectionForm) -> None:
    if not form.name.strip() or len(form.name) > LONGEST_NAME or not form.provider:
        raise WrongConnection
    limits = (form.max_concurrency, form.requests_per_minute, form.tokens_per_minute)
    if any(limit is not None and limit < 1 for limit in limits):
        raise WrongConnection("A limit of a connection must be 1 or more; leave it empty for none.")
    for value in form.secrets.values():
        _check_secret(value)


def _check_secret(value: str) -> None:
    if not value.strip() or len(value) > LONGEST_SECRET:
        raise WrongSecret


def _lock(by: Caller) -> None:
    """One change of connections at a time in a team, so that exactly one is the default."""
    Team.objects.select_for_update().get(pk=by.team_id)


def _free_name(by: Caller, name: str, *, except_id: int = 0) -> None:
    if Connection.objects.of(by.team_id).filter(name=name.strip()).exclude(pk=except_id).exists():
        raise ConnectionNameTaken(
            f"The team has a connection {name.strip()!r}. Choose another name, or change that one."
        )


def _demand_secrets_again(connection: Connection, form: ConnectionForm) -> None:
    is_same = connection.settings == clean(form.settings) and connection.provider == form.provider
    stored = set(Secret.objects.of(connection.team_id).filter(connection=connection).values_list("name", flat=True))
    if not is_same and not stored <= set(form.secrets):
        raise SecretsNeededAgain(secrets=sorted(stored - set(form.secrets)))


def _fill(connection: Connection, form: ConnectionForm, now: datetime) -> None:
    connection.name = form.name.strip()
    connection.provider = form.provider
    connection.settings = clean(form.settings)
    connection.aliases = clean(form.aliases)
    connection.max_concurrency = form.max_concurrency
    connection.requests_per_minute = form.requests_per_minute
    connection.tokens_per_minute = form.tokens_per_minute
    connection.changed_at = now
    connection.save()


def _store(connection: Connection, secrets: Mapping[str, str], now: datetime) -> None:
    ring = key_ring()
    for name, value in secrets.items():
        rows = Secret.objects.of(connection.team_id)
        row = rows.filter(connection=connection, name=name).first()
        row = row or Secret(team_id=connection.team_id, connection=connection, name=name)
        seal(ring, row, value.strip())
        row.changed_at = now
        row.save()


def _shown(form: ConnectionForm) -> JsonObject:
    """What the audit log says: names of secrets, no values, and of the settings their names alone."""
    return {"provider": form.provider, "settings": sorted(form.settings), "secrets": sorted(form.secrets)}
