"""What of a failed call may be on the vendor's bill: everything but a refusal by its status and a call that never left."""

import socket
from collections.abc import AsyncIterator

import pytest

from orchestrator.contract.errors import CallError
from orchestrator.contract.provider import Provider
from orchestrator.outbound import OutboundTransport
from tests.contract.providers import VENDORS, Watcher, asking, make_provider
from tests.model_server.checking import Server


@pytest.fixture(params=VENDORS)
async def provider(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[Provider]:
    made = make_provider(str(request.param), server)
    yield made
    await made.close()


async def refused(provider: Provider, watcher: Watcher) -> bool:
    with pytest.raises(CallError) as caught:
        await provider.complete(asking(), on_delta=watcher.on_delta)
    return caught.value.is_refusal


@pytest.mark.parametrize("status", [400, 401, 408, 429, 500, 529])
async def test_a_status_is_a_refusal(server: Server, provider: Provider, stream: bool, status: int) -> None:
    server.script({"fault": {"kind": "status", "status": status, "message": "no"}})
    assert await refused(provider, Watcher(watches=stream))


async def test_a_truncated_stream_may_be_billed(server: Server, provider: Provider) -> None:
    server.script({"text": "one two three", "fault": {"kind": "truncate"}})
    assert not await refused(provider, Watcher(watches=True))


async def test_a_connection_that_is_lost_after_the_request_may_be_billed(
    server: Server, provider: Provider, stream: bool
) -> None:
    server.script({"fault": {"kind": "reset"}})
    assert not await refused(provider, Watcher(watches=stream))


async def test_an_error_within_a_stream_may_be_billed(server: Server, provider: Provider) -> None:
    server.script({"text": "one two", "fault": {"kind": "stream_error"}})
    assert not await refused(provider, Watcher(watches=True))


async def test_a_call_that_never_left_is_not_billed(server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    transport = OutboundTransport(trusted=[("127.0.0.1", port)])
    nobody = make_provider("openai_chat", server, transport=transport, base_url=f"http://127.0.0.1:{port}/v1")
    assert await refused(nobody, Watcher(watches=False))
    await nobody.close()
    await transport.aclose()
