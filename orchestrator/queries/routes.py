"""Which connection and which vendor's model answer a request for an alias or a model. Read on committers, kept for seconds.

A node names `fast`, `strong`, `default`, or `<provider>/<model>`. The team's default connection maps aliases first, then any
other; without a connection every alias is the demo model's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator import registry
from orchestrator.engine.values import BatonError, Json
from teams.models import Connection

ALIASES = ("fast", "strong", "default")


class NoSuchModel(BatonError):
    """No connection of the team offers this model. Add a connection, or choose another model."""

    code = "no_such_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a call goes. `connection` is 0 for the demo model, which needs none."""

    connection: int
    provider: str
    model: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    changed_at: float = 0.0


DEMO = Route(connection=0, provider="demo", model="demo")


def route(*, team: int, model: str) -> Route:
    """Where a call for `model` goes. Raises NoSuchModel."""
    return choose(in_order(team=team), model=model)


def in_order(*, team: int) -> list[Connection]:
    """The default first: it maps aliases before any other connection does."""
    return list(Connection.objects.of(team).order_by("-is_default", "id"))


def choose(connections: Iterable[Connection], *, model: str) -> Route:
    """Which of a team's connections, in their order, answers a call for `model`. Raises NoSuchModel."""
    provider, _, name = model.partition("/")
    if provider == "demo" and name:
        return Route(connection=0, provider="demo", model=name)
    if name and provider not in registry.provider_types():
        raise NoSuchModel(f"{_no_provider(provider)} Name one of {_named()}, or provider/model.")
    for connection in connections:
        if connection.provider not in registry.provider_types():
            continue
        if name and connection.provider == provider:
            return _route(connection, name)
        if not name and connection.aliases.get(model):
            return _route(connection, connection.aliases[model])
    if model in ALIASES:
        return DEMO
    raise NoSuchModel(f"No connection of this team offers {model!r}. Add one, or name one of {_named()}.")


def _no_provider(name: str) -> str:
    if name in registry.connection_kinds():
        return f"A connection of kind {name!r} holds a secret for tools and has no models."
    return f"There is no provider of models {name!r}; there are {', '.join(sorted(registry.provider_types()))}."


def _named() -> str:
    return ", ".join(ALIASES)


def route_of(connection: Connection) -> Route:
    """To the connection itself, whatever the model: for its test."""
    return _route(connection, "")


def _route(connection: Connection, model: str) -> Route:
    return Route(
        connection=connection.pk,
        provider=connection.provider,
        model=model,
        settings=connection.settings,
        changed_at=connection.changed_at.timestamp(),
    )
