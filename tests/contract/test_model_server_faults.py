"""Every fault, as the SDKs meet it: which exception, or what arrives without one."""

import asyncio
import json
from typing import Any

import httpx2

from tests.model_server.checking import BUSY, PARIS, Chat, Server, lasts, raises, same, wait_until

STATUS_ERRORS = {408: "APIStatusError", 429: "RateLimitError", 500: "InternalServerError", 529: "InternalServerError"}


def broken(wire: Chat) -> tuple:
    """A stream that breaks off: openai turns the transport's error into its own, anthropic lets it through."""
    return (wire.errors.APIConnectionError, httpx2.TransportError)


def events_of(wire: Chat, said: str = "hi", **more: Any) -> list:
    return list(wire.create(**wire.request(said, **more), stream=True))


def test_the_server_status(server: Server, wire: Chat, stream: bool) -> None:
    for status, name in STATUS_ERRORS.items():
        server.script({"fault": {"kind": "status", "status": status, "message": f"because {status}"}})
        error = raises(getattr(wire.errors, name), lambda: wire.ask("hi", stream=stream))
        same((error.status_code, f"because {status}" in str(error)), (status, True))


def test_the_server_retry_after_seconds(server: Server, wire: Chat) -> None:
    server.script({"text": "hello", "fault": {"kind": "status", "status": 429, "retry_after": 1, "times": 1}})
    with lasts(1, BUSY):
        same(wire.ask("hi", client=wire.client.with_options(max_retries=1)).text, "hello")
    same([call["answered"]["status"] for call in server.calls()], [429, 200])


def test_the_server_retry_after_date(server: Server, wire: Chat) -> None:
    """A date has whole seconds, so two seconds ahead is one to two seconds of waiting."""
    server.script({"text": "hello", "fault": {"kind": "status", "status": 429, "retry_after_date": 2, "times": 1}})
    with lasts(0.9, BUSY):
        same(wire.ask("hi", client=wire.client.with_options(max_retries=1)).text, "hello")
    server.script({"fault": {"kind": "status", "status": 429, "retry_after_date": 60}})
    header = raises(wire.errors.RateLimitError, lambda: wire.ask("ho")).response.headers["retry-after"]
    assert header.endswith(" GMT"), header


def test_the_server_hang(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"fault": {"kind": "hang"}})
    with lasts(0.25, BUSY):
        raises(
            wire.errors.APITimeoutError,
            lambda: wire.ask("hi", stream=stream, client=wire.client.with_options(timeout=0.3)),
        )
    wait_until(lambda: server.control("stats")["in_flight"] == 0)
    answered = server.calls()[0]["answered"]
    same((answered["fault"], answered["client_gone"], server.control("stats")["in_flight"]), ("hang", True, 0))


def test_the_server_hang_that_ends(server: Server, wire: Chat) -> None:
    server.script({"fault": {"kind": "hang", "seconds": 0.2}})
    with lasts(0.2, BUSY):
        raises(wire.errors.APIConnectionError, lambda: wire.ask("hi"))


def test_the_server_drip(server: Server, wire: Chat, stream: bool) -> None:
    """A read timeout of the SDK never fires, because a byte always comes in time; only a deadline of the caller's own helps."""
    server.script({"text": "hi", "fault": {"kind": "drip", "interval": 0.001}})
    with lasts(0.3, 2 * BUSY):
        same(wire.ask("hi", stream=stream, client=wire.client.with_options(timeout=0.2)).text, "hi")


async def test_the_server_drip_with_a_deadline(server: Server, wire: Chat) -> None:
    server.script({"text": "hi", "fault": {"kind": "drip", "interval": 0.05}})
    async with wire.parallel(timeout=0.3) as client:
        try:
            async with asyncio.timeout(0.5):
                await wire.create(client, **wire.request("hi"))
        except TimeoutError:
            wait_until(lambda: server.calls()[0]["answered"].get("client_gone"))
            same(server.calls()[0]["answered"]["client_gone"], True)
        else:
            raise AssertionError("the deadline did not fire")


def test_the_server_reset(server: Server, wire: Chat, stream: bool) -> None:
    for fault in ({"kind": "reset"}, {"kind": "reset", "after": 2}):
        server.script({"fault": fault})
        raises(broken(wire), lambda: wire.ask("hi", stream=stream))
    same(server.control("stats")["by_status"], {"reset": 2})


def test_the_server_truncated_connection(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"fault": {"kind": "truncate", "after": 2}})
    raises(broken(wire), lambda: wire.ask("hi", stream=stream))


def test_the_server_stream_without_end_marker(server: Server, wire: Chat) -> None:
    """No SDK raises: whoever reads the events must look for the protocol's own end."""
    server.script({"text": "one two three four", "fault": {"kind": "truncate", "after": 2, "clean": True}})
    events = events_of(wire)
    same(("".join(map(wire.piece, events)).strip(), wire.ended(events)), ("one two", False))
    server.script({"text": "one two three four"})
    assert wire.ended(events_of(wire))


def test_the_server_error_within_a_stream(server: Server, wire: Chat) -> None:
    server.script({"text": "one two three", "fault": {"kind": "stream_error", "after": 1, "status": 529}})
    if wire.name == "responses":
        same(events_of(wire)[-1].type, "error")
    else:
        raises(wire.errors.APIError, lambda: events_of(wire))
    same(raises(wire.errors.APIStatusError, lambda: wire.ask("hi")).status_code, 529)


def test_the_server_invalid_json(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"fault": {"kind": "invalid_json"}})
    raises((json.JSONDecodeError, wire.errors.APIResponseValidationError), lambda: wire.ask("hi", stream=stream))


def test_the_server_invalid_utf8(server: Server, wire: Chat, stream: bool) -> None:
    """Either an error, or replacement characters in the text: never a clean answer."""
    server.script({"text": "caf", "fault": {"kind": "invalid_utf8"}})
    try:
        text = wire.ask("hi", stream=stream).text
    except (UnicodeDecodeError, wire.errors.APIError):
        return
    assert "\ufffd" in text, text


def test_the_server_lone_surrogate(server: Server, wire: Chat, stream: bool) -> None:
    """Valid JSON whose text cannot be written as UTF-8."""
    server.script({"text": "caf", "fault": {"kind": "lone_surrogate"}})
    try:
        text = wire.ask("hi", stream=stream).text
    except ValueError:
        return
    raises(UnicodeEncodeError, text.encode)


def test_the_server_huge_answer(server: Server, wire: Chat) -> None:
    server.script({"fault": {"kind": "huge", "megabytes": 10}})
    same(len(wire.ask("hi").text), 10_000_000)
    same(sum(len(wire.piece(event)) for event in events_of(wire)), 10_000_000)


def test_the_server_arguments_that_are_not_json(server: Server, wire: Chat) -> None:
    server.script({"tool_calls": [PARIS], "fault": {"kind": "arguments_invalid_json"}})
    same(wire.ask("hi", tools=True).calls[0][1:], ("get_weather", '{"unfinished": [1, 2'))
    parts = [str(event) for event in wire.create(**wire.request("hi", tools=True), stream=True)]
    assert any("unfini" in part for part in parts), parts


def test_the_server_arguments_off_the_schema(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"tool_calls": [PARIS], "fault": {"kind": "arguments_off_schema"}})
    arguments = wire.ask("hi", stream=stream, tools=True).calls[0][2]
    same(arguments, {"not_in_the_schema": True})
    assert "city" not in arguments


def test_the_server_unknown_tool(server: Server, wire: Chat) -> None:
    server.script({"tool_calls": [PARIS], "fault": {"kind": "unknown_tool"}})
    same(wire.ask("hi", tools=True).calls[0][1], "no_such_get_weather")
    server.script({"text": "the tools that are offered", "fault": {"kind": "unknown_tool"}})
    same(wire.ask("hi", tools=True).calls[0][1], "no_such_get_weather")


def test_the_server_fault_for_the_first_attempts(server: Server, wire: Chat) -> None:
    """Counted for each conversation: another one begins anew."""
    server.script({"text": "hello", "fault": {"kind": "status", "status": 500, "times": 2}})
    patient = wire.client.with_options(max_retries=2)
    for said in ("one", "two"):
        same(wire.ask(said, client=patient).text, "hello")
    same([call["answered"]["status"] for call in server.calls()], [500, 500, 200] * 2)


def test_the_server_several_faults_one_after_the_other(server: Server, wire: Chat) -> None:
    turn = {"text": "hello", "fault": [{"kind": "reset", "times": 1}, {"kind": "status", "status": 408, "times": 2}]}
    server.script(turn)
    same(wire.ask("hi", client=wire.client.with_options(max_retries=2)).text, "hello")
    same([call["answered"]["fault"] for call in server.calls()], ["reset", "status", None])


async def test_the_server_rate_repeats_with_the_seed_in_any_order(server: Server, wire: Chat) -> None:
    """Which conversations fail depends on the seed only, although the order of arrival does not repeat."""
    async with wire.parallel() as client:

        async def fails(number: int) -> bool:
            try:
                await wire.create(client, **wire.request(f"question {number}"))
            except wire.errors.RateLimitError:
                return True
            return False

        async def failed(seed: int, numbers: list[int]) -> set[int]:
            server.control("reset", {})
            server.control("settings", {"seed": seed, "faults": [{"kind": "status", "status": 429, "rate": 0.3}]})
            results = await asyncio.gather(*map(fails, numbers))
            return {number for number, result in zip(numbers, results, strict=True) if result}

        forward = await failed(1, list(range(60)))
        same(await failed(1, list(range(59, -1, -1))), forward)
        assert 6 <= len(forward) <= 32, forward
        assert await failed(2, list(range(60))) != forward


def test_the_server_turn_without_the_faults_of_the_settings(server: Server, wire: Chat) -> None:
    server.control("settings", {"fail": "500"})
    raises(wire.errors.InternalServerError, lambda: wire.ask("hi"))
    server.script({"text": "spared", "fault": None})
    same(wire.ask("hi").text, "spared")


def test_the_server_fault_by_marker(server: Server, wire: Chat) -> None:
    said = '[[fake text=caf fault={"kind":"truncate","after":1,"clean":true}]]'
    assert not wire.ended(events_of(wire, said))
    raises((json.JSONDecodeError, wire.errors.APIResponseValidationError), lambda: wire.ask(said))
