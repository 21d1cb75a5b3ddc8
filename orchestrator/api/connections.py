"""Connections: their secrets go in and never come out; the test asks the provider for its models by the guarded transport."""

from datetime import datetime
from http import HTTPStatus
from typing import Self

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from orchestrator import registry
from orchestrator.engine.values import Json
from orchestrator.operations import linking
from orchestrator.schemas import Given
from orchestrator.worker import trying
from teams.access import connection_of
from teams.models import Connection
from teams.operations import connections
from teams.operations.connections import ConnectionForm
from teams.policy import Action
from teams.routes import Demanding, caller, repeatable

router = Router(tags=["connections"])


class ProviderOut(Schema):
    """A provider that connections can be made to: the JSON Schema of its settings, and the names of its secrets."""

    name: str
    title: str
    description: str
    settings: Json
    secrets: list[str]
    aliases: dict[str, str]


class ConnectionIn(Given):
    """A connection. In a change, secrets that are left out stay as they are."""

    name: str = Field(max_length=100)
    provider: str = Field(max_length=60)
    settings: dict[str, Json] = Field(default_factory=dict)
    aliases: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, str] = Field(default_factory=dict, repr=False)
    max_concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def form(self) -> ConnectionForm:
        return ConnectionForm(**self.model_dump())


class ConnectionOut(Schema):
    """A connection. Of its secrets only the names are told."""

    id: int
    name: str
    provider: str
    settings: Json
    aliases: dict[str, str]
    secrets: list[str]
    is_default: bool
    max_concurrency: int | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    changed_at: datetime

    @classmethod
    def of(cls, row: Connection) -> Self:
        limits = ("max_concurrency", "requests_per_minute", "tokens_per_minute")
        names = ("id", "name", "provider", "settings", "aliases", "is_default", "changed_at", *limits)
        secrets = sorted(secret.name for secret in row.secrets.all())
        return cls(secrets=secrets, **{name: getattr(row, name) for name in names})


class ConnectionPage(Schema):
    """The team's connections."""

    items: list[ConnectionOut]


class ProviderPage(Schema):
    """What connections can be made to."""

    items: list[ProviderOut]


class ModelOut(Schema):
    """A model that the provider offers."""

    name: str
    title: str


class Tested(Schema):
    """The connection works; these are its models."""

    models: list[ModelOut]


class SecretIn(Given):
    """Another value for one secret."""

    name: str = Field(max_length=60)
    value: str = Field(repr=False)


@router.get("/providers", auth=Demanding(Action.see), response=ProviderPage)
def list_providers(request: HttpRequest) -> ProviderPage:  # noqa: ARG001  # ninja's signature
    """The providers that are installed here."""
    return ProviderPage(
        items=[
            ProviderOut(
                name=kind.name,
                title=kind.title,
                description=kind.description,
                settings=kind.settings.model_json_schema(),
                secrets=list(kind.secrets),
                aliases=dict(kind.aliases),
            )
            for kind in registry.connection_kinds().values()
        ]
    )


@router.get("/connections", auth=Demanding(Action.see), response=ConnectionPage)
def list_connections(request: HttpRequest) -> ConnectionPage:
    """The team's connections."""
    rows = Connection.objects.of(caller(request).team_id).prefetch_related("secrets").order_by("name")
    return ConnectionPage(items=[ConnectionOut.of(row) for row in rows])


@router.get("/connections/{connection_id}", auth=Demanding(Action.see), response=ConnectionOut)
def get_connection(request: HttpRequest, connection_id: int) -> ConnectionOut:
    """One connection."""
    return ConnectionOut.of(connection_of(caller(request), connection_id))


@router.post("/connections", auth=Demanding(Action.edit_connection), response={201: ConnectionOut})
def create_connection(request: HttpRequest, body: ConnectionIn) -> HttpResponse:
    """Make a connection; the team's first one becomes its default."""

    def make() -> ConnectionOut:
        return ConnectionOut.of(linking.create(by=caller(request), form=body.form(), now=timezone.now()))

    return repeatable(request, make, status=HTTPStatus.CREATED)


@router.put("/connections/{connection_id}", auth=Demanding(Action.edit_connection), response=ConnectionOut)
def change_connection(request: HttpRequest, connection_id: int, body: ConnectionIn) -> ConnectionOut:
    """Change a connection. Other settings need its secrets again: an address might be among them."""
    by, form = caller(request), body.form()
    return ConnectionOut.of(linking.change(by=by, connection_id=connection_id, form=form, now=timezone.now()))


@router.delete("/connections/{connection_id}", auth=Demanding(Action.edit_connection), response={204: None})
def delete_connection(request: HttpRequest, connection_id: int) -> None:
    """Delete a connection with its secrets."""
    linking.delete(by=caller(request), connection_id=connection_id, now=timezone.now())


@router.post("/connections/{connection_id}/secret", auth=Demanding(Action.edit_connection), response={204: None})
def replace_secret(request: HttpRequest, connection_id: int, body: SecretIn) -> None:
    """Give one secret another value."""
    by, now = caller(request), timezone.now()
    connections.replace_secret(by=by, connection_id=connection_id, name=body.name, value=body.value, now=now)


@router.post("/connections/{connection_id}/default", auth=Demanding(Action.edit_connection), response={204: None})
def make_default(request: HttpRequest, connection_id: int) -> None:
    """From now on this connection answers where a node names none."""
    connections.make_default(by=caller(request), connection_id=connection_id, now=timezone.now())


@router.post("/connections/{connection_id}/test", auth=Demanding(Action.edit_connection), response=Tested)
def test_connection(request: HttpRequest, connection_id: int) -> Tested:
    """Ask the provider for its models: shows whether address and key are right. 502 with the reason where they are not."""
    found = trying.try_connection(by=caller(request), connection_id=connection_id, now=timezone.now())
    return Tested(models=[ModelOut(name=model.name, title=model.title) for model in found])
