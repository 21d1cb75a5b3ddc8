"""Every provider under every fault of the model server: the error's kind, what can be waited for, and freed connections."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from orchestrator.contract.errors import CallError, TransientCallError, WrongCredentials
from orchestrator.contract.messages import Stop, ToolUse
from orchestrator.contract.provider import Provider
from orchestrator.providers import _reading
from orchestrator.providers._errors import TruncatedStream, UnreadableAnswer
from tests.contract.providers import KEY, PARIS, TOOLS, VENDORS, Watcher, asking, make_provider, make_transport
from tests.model_server.checking import Server, wait_until

PASSING = (408, 409, 429, 500, 502, 503, 504, 529)
LASTING = (400, 402, 404, 413, 422)


@pytest.fixture(params=VENDORS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def provider(name: str, server: Server) -> AsyncIterator[Provider]:
    made = make_provider(name, server)
    yield made
    await made.close()


@pytest.fixture
def watcher(stream: bool) -> Watcher:
    return Watcher(watches=stream)


async def failing(provider: Provider, watcher: Watcher, **more: object) -> CallError:
    with pytest.raises(CallError) as caught:
        await provider.complete(asking(**more), on_delta=watcher.on_delta)  # type: ignore[arg-type]
    return caught.value


async def test_statuses_that_pass(server: Server, provider: Provider, watcher: Watcher) -> None:
    for status in PASSING:
        server.script({"fault": {"kind": "status", "status": status, "message": f"because {status}"}})
        error = await failing(provider, watcher)
        assert type(error) is TransientCallError
        assert f"because {status}" in str(error)
        assert error.data["status"] == status
        assert str(error.data["request_id"]).startswith("req_")


async def test_statuses_that_last(server: Server, provider: Provider, watcher: Watcher) -> None:
    for status in LASTING:
        server.script({"fault": {"kind": "status", "status": status, "message": "because"}})
        assert type(await failing(provider, watcher)) is CallError


async def test_a_key_that_is_not_accepted(server: Server, provider: Provider, watcher: Watcher) -> None:
    for status in (401, 403):
        server.script({"fault": {"kind": "status", "status": status, "message": f"no such key: {KEY}"}})
        error = await failing(provider, watcher)
        assert type(error) is WrongCredentials
        assert KEY not in str(error)


async def test_no_call_is_repeated_by_the_sdk(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"fault": {"kind": "status", "status": 503, "times": 1}, "text": "second"})
    await failing(provider, watcher)
    assert len(server.calls()) == 1


async def test_retry_after_in_seconds_and_as_a_date(server: Server, provider: Provider, watcher: Watcher) -> None:
    waits = []
    for form in ({"retry_after": 7}, {"retry_after_date": 60}, {"headers": {"retry-after": "soon"}}):
        server.script({"fault": {"kind": "status", "status": 500, **form}})
        error = await failing(provider, watcher)
        assert isinstance(error, TransientCallError)
        waits.append(error.retry_after)
    assert waits[0] == 7
    assert waits[1] is not None
    assert 55 <= waits[1] <= 61
    assert waits[2] is None


async def test_a_hanging_call_is_cancelled_and_its_connection_freed(
    server: Server, provider: Provider, watcher: Watcher
) -> None:
    server.script({"fault": {"kind": "hang"}})
    call = asyncio.ensure_future(provider.complete(asking(), on_delta=watcher.on_delta))
    await until(lambda: server.control("stats")["in_flight"] == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: server.control("stats")["in_flight"] == 0)
    assert server.calls()[0]["answered"]["client_gone"] is True


async def test_a_dripping_answer_ends_at_the_callers_deadline(
    server: Server, provider: Provider, watcher: Watcher
) -> None:
    server.script({"text": "hi", "fault": {"kind": "drip", "interval": 0.02}})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await provider.complete(asking(), on_delta=watcher.on_delta)
    await until(lambda: server.control("stats")["in_flight"] == 0)


async def until(condition: Callable[[], object]) -> None:
    await asyncio.to_thread(wait_until, condition)


async def test_a_reset_connection(server: Server, provider: Provider, watcher: Watcher) -> None:
    for fault in ({"kind": "reset"}, {"kind": "reset", "after": 2}):
        server.script({"text": "one two three four", "fault": fault})
        assert type(await failing(provider, watcher)) is TransientCallError


async def test_a_server_that_is_not_there(server: Server, name: str, watcher: Watcher) -> None:
    gone = Server()
    provider = make_provider(name, gone)
    gone.stop()
    assert type(await failing(provider, watcher)) is TransientCallError


async def test_an_address_that_is_not_allowed(server: Server, name: str, watcher: Watcher) -> None:
    provider = make_provider(name, server, transport=make_transport())
    error = await failing(provider, watcher)
    assert type(error) is CallError
    assert error.data["cause"] == "address_refused"
    assert server.calls() == []


async def test_an_answer_that_is_cut_off_with_its_connection(
    server: Server, provider: Provider, watcher: Watcher
) -> None:
    server.script({"text": "one two three four", "fault": {"kind": "truncate", "after": 2}})
    assert isinstance(await failing(provider, watcher), TransientCallError)


async def test_a_stream_without_its_end_marker(server: Server, provider: Provider) -> None:
    watcher = Watcher(watches=True)
    server.script({"text": "one two three four", "fault": {"kind": "truncate", "after": 2, "clean": True}})
    assert isinstance(await failing(provider, watcher), TruncatedStream)
    assert watcher.text().strip() == "one two"
    server.script({"text": "one two three four"})
    assert (await provider.complete(asking(), on_delta=watcher.on_delta)).text() == "one two three four"


async def test_a_body_that_is_cut_off_cleanly(server: Server, provider: Provider) -> None:
    server.script({"text": "one two three four", "fault": {"kind": "invalid_json"}})
    assert isinstance(await failing(provider, Watcher(watches=False)), UnreadableAnswer)


async def test_an_error_within_a_stream(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"text": "one two three", "fault": {"kind": "stream_error", "after": 1, "status": 529}})
    assert type(await failing(provider, watcher)) is TransientCallError


async def test_an_answer_that_is_no_json(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"text": "one two", "fault": {"kind": "invalid_json"}})
    assert isinstance(await failing(provider, watcher), UnreadableAnswer)


async def test_an_answer_that_is_no_utf_8(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"text": "caf", "fault": {"kind": "invalid_utf8"}})
    assert isinstance(await failing(provider, watcher), UnreadableAnswer)


async def test_lone_surrogates_and_nul_are_replaced(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"text": "caf\0", "fault": {"kind": "lone_surrogate"}})
    answer = await provider.complete(asking(), on_delta=watcher.on_delta)
    assert answer.text() == "caf\ufffd broken \ufffd here"
    if watcher.on_delta:
        assert watcher.text() == answer.text()


async def test_a_huge_answer_arrives_and_one_without_end_is_refused(
    server: Server, provider: Provider, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script({"fault": {"kind": "huge", "megabytes": 10}})
    assert len((await provider.complete(asking(), on_delta=watcher.on_delta)).text()) == 10_000_000
    monkeypatch.setattr(_reading, "LARGEST_ANSWER", 1 << 20)
    error = await failing(provider, watcher)
    assert error.code == "answer_too_large"


async def test_arguments_that_are_no_json_are_kept(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"tool_calls": [PARIS], "fault": {"kind": "arguments_invalid_json"}})
    answer = await provider.complete(asking(tools=TOOLS), on_delta=watcher.on_delta)
    assert [(use.arguments, use.malformed) for use in answer.tool_uses()] == [({}, '{"unfinished": [1, 2')]
    assert answer.stop is Stop.TOOLS


async def test_arguments_off_the_schema_are_passed_on(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"tool_calls": [PARIS], "fault": {"kind": "arguments_off_schema"}})
    answer = await provider.complete(asking(tools=TOOLS), on_delta=watcher.on_delta)
    assert answer.tool_uses()[0].arguments == {"not_in_the_schema": True}


async def test_a_tool_that_was_not_offered_is_passed_on(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"tool_calls": [PARIS], "fault": {"kind": "unknown_tool"}})
    answer = await provider.complete(asking(tools=TOOLS), on_delta=watcher.on_delta)
    assert answer.tool_uses()[0].name == "no_such_get_weather"


async def test_a_hundred_calls_run_at_once_on_one_client(server: Server, provider: Provider) -> None:
    server.control("settings", {"latency": 0.5})
    server.script({"text": "hello"})
    answers = await asyncio.gather(*(provider.complete(asking(str(n)), on_delta=None) for n in range(100)))
    assert {answer.text() for answer in answers} == {"hello"}
    assert server.control("stats")["max_in_flight"] >= 90


async def test_a_usage_that_cannot_be_true_is_none(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"text": "hello", "fault": {"kind": "lie", "about": "usage"}})
    answer = await provider.complete(asking(), on_delta=watcher.on_delta)
    assert answer.usage is None
    assert server.calls()[0]["answered"]["outcome"] == "lie_usage"


async def test_calls_that_share_one_id_get_ids_of_their_own(
    server: Server, provider: Provider, watcher: Watcher
) -> None:
    server.script({"tool_calls": [PARIS, PARIS], "fault": {"kind": "lie", "about": "ids"}})
    answer = await provider.complete(asking(tools=TOOLS), on_delta=watcher.on_delta)
    uses = [part.id for part in answer.parts if isinstance(part, ToolUse)]
    assert len(set(uses)) == 2


async def test_an_answer_of_an_unknown_shape_is_tried_again(
    server: Server, provider: Provider, watcher: Watcher
) -> None:
    server.script({"text": "hello", "fault": {"kind": "lie", "about": "shape"}})
    assert isinstance(await failing(provider, watcher), UnreadableAnswer | TruncatedStream)
