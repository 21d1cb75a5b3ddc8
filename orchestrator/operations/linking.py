"""Connections with what is known of their provider: settings and secrets checked, aliases filled in, limits kept as rows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from pydantic import ValidationError

from orchestrator import registry
from orchestrator.contract.provider import ProviderType
from orchestrator.contract.tool import ConnectionKind
from orchestrator.engine.values import BatonError
from orchestrator.operations import allowances
from teams.access import connection_of
from teams.callers import Caller
from teams.errors import WrongInput
from teams.models import Connection
from teams.operations import connections
from teams.operations.connections import ConnectionForm

ALIASES = ("fast", "strong", "default")


class WrongLink(BatonError, WrongInput):
    """A connection needs the settings and secrets of its provider."""

    code = "wrong_connection"


def create(*, by: Caller, form: ConnectionForm, now: datetime) -> Connection:
    """A new connection, with its provider's own aliases where the form names none. Raises WrongLink, ConnectionNameTaken."""
    kind = _checked(form, given=frozenset(form.secrets))
    with transaction.atomic():
        row = connections.create_connection(by=by, form=replace(form, aliases=form.aliases or kind.aliases), now=now)
        allowances.follow_connection(row)
    return row


def change(*, by: Caller, connection_id: int, form: ConnectionForm, now: datetime) -> Connection:
    """The connection as the form says; secrets that are left out stay. Raises WrongLink, SecretsNeededAgain, NotFound."""
    stored = connection_of(by, connection_id).secrets.values_list("name", flat=True)
    _checked(form, given=frozenset(form.secrets) | frozenset(stored))
    with transaction.atomic():
        row = connections.change_connection(by=by, connection_id=connection_id, form=form, now=now)
        allowances.follow_connection(row)
    return row


def form_of(connection: Connection) -> ConnectionForm:
    """The connection as it is, to be changed in part. Without secrets: those that are left out stay."""
    names = ("name", "provider", "settings", "aliases", "max_concurrency", "requests_per_minute", "tokens_per_minute")
    return ConnectionForm(**{name: getattr(connection, name) for name in names})


def delete(*, by: Caller, connection_id: int, now: datetime) -> None:
    """The connection, its secrets and its limits are gone."""
    with transaction.atomic():
        connections.delete_connection(by=by, connection_id=connection_id, now=now)
        allowances.forget_connection(team=by.team_id, connection=connection_id)


def _checked(form: ConnectionForm, *, given: frozenset[str]) -> ProviderType | ConnectionKind:
    kind = registry.connection_kinds().get(form.provider)
    if kind is None:
        names = ", ".join(sorted(registry.connection_kinds()))
        raise WrongLink(f"There is no provider {form.provider!r}; there are {names}.")
    found = list(_problems(form, kind, given))
    if found:
        raise WrongLink(f"The connection to {kind.title} cannot be used: {'; '.join(found)}.", problems=found)
    return kind


def _problems(form: ConnectionForm, kind: ProviderType | ConnectionKind, given: frozenset[str]) -> Iterator[str]:
    try:
        kind.settings.model_validate(dict(form.settings))
    except ValidationError as error:
        yield from (f"settings.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    for name in sorted(given - set(kind.secrets)):
        yield f"{kind.title} has no secret {name!r}; it has {', '.join(kind.secrets) or 'none'}"
    for name in sorted(set(kind.secrets) - kind.optional_secrets - given):
        yield f"the secret {name!r} is missing"
    if form.aliases and isinstance(kind, ConnectionKind):
        yield f"{kind.title} offers no models, so it has no aliases"
    for name in sorted(form.aliases.keys() - set(ALIASES)):
        yield f"there is no alias {name!r}; there are {', '.join(ALIASES)}"
