"""The test of a connection: its provider is asked for its models, by the guarded transport; how it ended is kept."""

from collections.abc import Sequence
from concurrent.futures import TimeoutError as LateError
from datetime import datetime

from orchestrator import registry
from orchestrator.contract.errors import CallTimeout
from orchestrator.contract.messages import ModelInfo
from orchestrator.engine.values import BatonError
from orchestrator.operations import offers
from orchestrator.queries.routes import route_of
from orchestrator.worker import clients, io
from teams.access import connection_of
from teams.callers import Caller
from teams.errors import WrongInput
from teams.models import Connection
from teams.opened import redact_opened
from teams.policy import Action
from teams.values import TeamsError

PATIENCE = 20.0
"""Seconds that a test waits for the provider."""


class NothingToTest(BatonError, WrongInput):
    """Only a connection to a provider of models can be tested. Use this one in a tool."""

    code = "nothing_to_test"


def try_connection(*, by: Caller, connection_id: int, now: datetime) -> Sequence[ModelInfo]:
    """The models of the provider. Raises NothingToTest, and what the provider's client raises: WrongCredentials, CallError."""
    by.demand(Action.edit_connection)
    connection = connection_of(by, connection_id)
    if connection.provider not in registry.provider_types():
        raise NothingToTest
    try:
        found = _asked(connection)
    except (BatonError, TeamsError) as error:
        offers.keep_test(connection=connection, now=now, problem=redact_opened(str(error)))
        raise
    offers.keep_test(connection=connection, now=now, found=found)
    return found


def _asked(connection: Connection) -> Sequence[ModelInfo]:
    provider = clients.provider(route_of(connection))
    asked = io.submit(provider.models)
    try:
        return asked.result(PATIENCE)
    except LateError:
        asked.cancel()
        text = f"The provider did not answer in {PATIENCE:.0f} seconds. Look at the address, try later."
        raise CallTimeout(text) from None
