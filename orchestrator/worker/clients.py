"""The providers' clients of this process, one per connection, shared by all its steps; and the guarded HTTP client of tools.

Clients live on the io loop. Secrets are opened when a client is made and forgotten then.
"""

import threading
from collections.abc import Mapping
from functools import cache

from django.conf import settings

from orchestrator.contract.provider import Provider
from orchestrator.engine.values import Json
from orchestrator.outbound import GuardedClient, OutboundTransport, forbid_real_calls
from orchestrator.queries.routes import Route
from orchestrator.registry import provider_types
from orchestrator.worker import committers
from teams import keys
from teams.models import Connection

_lock = threading.Lock()
_clients: dict[int, tuple[float, Provider]] = {}


@cache
def transport() -> OutboundTransport:
    """The one way out of this process (security S5)."""
    if settings.BATON_MODEL_CALLS == "forbidden":
        forbid_real_calls()
    return OutboundTransport(trusted=[_host_and_port(text) for text in settings.BATON_TRUSTED_HOSTS])


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def provider(route: Route) -> Provider:
    """The client of a connection; made anew when the connection has changed."""
    with _lock:
        found = _clients.get(route.connection)
        if found and found[0] == route.changed_at:
            return found[1]
    made = _make(route)
    with _lock:
        _clients[route.connection] = (route.changed_at, made)
    return made


def _make(route: Route) -> Provider:
    kind = provider_types()[route.provider]
    given: Mapping[str, Json] = dict(route.settings)
    opened = committers.run(_secrets, route.connection) if route.connection else {}
    return kind.make(kind.settings.model_validate(given), opened, transport())


def _secrets(connection: int) -> Mapping[str, str]:
    return keys.secrets_of(Connection.unscoped.get(pk=connection))


@cache
def http() -> GuardedClient:
    """What tools fetch with."""
    return GuardedClient(transport())
