"""One model server for the tests of this folder, reset before each of them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.contract.providers import close_transports
from tests.model_server.checking import Chat, Messages, Responses, Server


@pytest.fixture(scope="session")
def model_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(model_server: Server) -> Server:
    model_server.control("reset", {})
    return model_server


@pytest.fixture(params=["chat", "responses", "messages"])
def wire(request: pytest.FixtureRequest, model_server: Server) -> Chat:
    """The vendor's own client for each protocol."""
    return {"chat": Chat, "responses": Responses, "messages": Messages}[request.param](model_server.url)


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(autouse=True)
async def closed_transports() -> AsyncIterator[None]:
    yield
    await close_transports()
