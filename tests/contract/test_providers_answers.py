"""Every provider, streamed and not: what it answers, in the contract's words, and what the strict server accepts back."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.contract.codec import answer_from_json, answer_to_json
from orchestrator.contract.errors import WrongCredentials
from orchestrator.contract.messages import Message, Opaque, Role, Stop, Text, ToolResult, ToolUse, Usage, user
from orchestrator.contract.provider import Provider
from tests.contract.providers import (
    KEY,
    PARIS,
    PERSON,
    ROME,
    TOOLS,
    VENDORS,
    Watcher,
    asking,
    carry_on,
    make_provider,
    make_transport,
)
from tests.model_server.checking import Server


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


async def test_text_with_usage_and_request_id(server: Server, provider: Provider, watcher: Watcher, name: str) -> None:
    server.script({"text": "hello there", "usage": {"input": 11, "output": 7, "cached": 5, "reasoning": 0}})
    answer = await provider.complete(asking(), on_delta=watcher.on_delta)
    read = 16 if name == "anthropic" else 11  # Anthropic counts cached tokens beside input_tokens, OpenAI within
    assert answer.text() == "hello there"
    assert answer.stop is Stop.END
    assert answer.usage == Usage(input=read, output=7, cached=5)
    assert answer.model == "fake"
    assert answer.request_id.startswith("req_")
    assert watcher.text() == ("hello there" if watcher.on_delta else "")
    assert server.calls()[0]["answered"]["stream"] is bool(watcher.on_delta)
    assert answer_from_json(json.loads(json.dumps(answer_to_json(answer)))) == answer


async def test_what_was_said_arrives(server: Server, provider: Provider) -> None:
    server.script({"text": "nobody asked"}, {"text": "ok"})
    history = (user("first"), Message(role=Role.ASSISTANT, parts=(Text(text="second"),)), user("third"))
    request = asking(system="be brief", temperature=0.5, max_tokens=77)
    await provider.complete(replace(request, messages=history), on_delta=None)
    body = server.calls()[0]["body"]
    said = json.dumps(body)
    assert all(text in said for text in ("be brief", "first", "second", "third"))
    assert body["temperature"] == 0.5
    assert 77 in body.values()
    assert server.calls()[0]["answered"]["turn"] == 1


async def test_a_tool_call_and_its_result(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"tool_calls": [PARIS]}, {"text": "sunny in Paris"})
    request = asking("weather", tools=TOOLS)
    first = await provider.complete(request, on_delta=watcher.on_delta)
    assert [(use.name, use.arguments, use.malformed) for use in first.tool_uses()] == [
        ("get_weather", {"city": "Paris"}, "")
    ]
    assert first.stop is Stop.TOOLS
    assert watcher.tools() == (["get_weather"] if watcher.on_delta else [])
    second = await provider.complete(carry_on(request, first, "sunny"), on_delta=watcher.on_delta)
    assert second.text() == "sunny in Paris"


async def test_parallel_tool_calls_after_text(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"text": "I look it up.", "tool_calls": [PARIS, ROME]}, {"text": "done"})
    request = asking("both", tools=TOOLS)
    first = await provider.complete(request, on_delta=watcher.on_delta)
    assert first.text() == "I look it up."
    assert [use.name for use in first.tool_uses()] == ["get_weather", "get_time"]
    assert len({use.id for use in first.tool_uses()}) == 2
    failed = carry_on(request, first, "sunny", "no such city", is_error=True)
    assert (await provider.complete(failed, on_delta=watcher.on_delta)).text() == "done"


async def test_a_result_beside_words_of_a_person(server: Server, provider: Provider) -> None:
    server.script({"tool_calls": [PARIS]}, {"text": "done"})
    request = asking("weather", tools=TOOLS)
    first = await provider.complete(request, on_delta=None)
    result = ToolResult(id=first.tool_uses()[0].id, name="get_weather", content="")
    said = Message(role=Role.USER, parts=(Text(text="and be quick"), result))
    assistant = Message(role=Role.ASSISTANT, parts=first.parts)
    history = (*request.messages, assistant, said)
    again = replace(request, messages=history)
    assert (await provider.complete(again, on_delta=None)).text() == "done"


async def test_a_demanded_tool_is_called(provider: Provider, watcher: Watcher) -> None:
    answer = await provider.complete(asking("weather", tools=TOOLS, must_use_tool=True), on_delta=watcher.on_delta)
    assert [use.name for use in answer.tool_uses()] == ["get_weather"]


async def test_native_structured_output(server: Server, provider: Provider, watcher: Watcher) -> None:
    answer = await provider.complete(asking("who", output_schema=PERSON), on_delta=watcher.on_delta)
    assert json.loads(answer.text()) == {"name": "x"}  # the server answers so only if it was given the schema
    assert server.calls()[0]["answered"]["status"] == 200


async def test_a_schema_that_is_not_native_goes_into_the_prompt(server: Server, provider: Provider) -> None:
    server.script({"json": ["a"]})
    answer = await provider.complete(
        asking("who", output_schema={"type": "array", "items": {"const": "a"}}), on_delta=None
    )
    assert json.loads(answer.text()) == ["a"]
    assert '\\"const\\": \\"a\\"' in json.dumps(server.calls()[0]["body"])


async def test_reasoning_is_sent_back_as_it_was(
    server: Server, provider: Provider, watcher: Watcher, name: str
) -> None:
    """The server checks the seal of Anthropic's thinking and OpenAI's reasoning items, as the vendors do."""
    server.script({"reasoning": "Paris is a city.", "text": "Wait.", "tool_calls": [PARIS]}, {"text": "done"})
    request = asking("weather", tools=TOOLS)
    first = await provider.complete(request, on_delta=watcher.on_delta)
    assert [part.provider for part in first.parts if isinstance(part, Opaque)] == [name]
    assert "Paris is a city." not in first.text() + watcher.text()
    again = carry_on(request, answer_from_json(answer_to_json(first)), "sunny")
    assert (await provider.complete(again, on_delta=watcher.on_delta)).text() == "done"
    assert "Paris is a city." in json.dumps(server.calls()[1]["body"])


async def test_reasoning_of_another_vendor_is_left_out(server: Server, provider: Provider) -> None:
    foreign = Opaque(provider="another", value={"type": "secret_thought", "text": "hm"})
    use = ToolUse(id="call_1", name="get_weather", arguments={"city": "Paris"})
    request = asking("weather", tools=TOOLS)
    said = Message(role=Role.ASSISTANT, parts=(foreign, use))
    result = Message(role=Role.USER, parts=(ToolResult(id="call_1", name="get_weather", content="sunny"),))
    again = replace(request, messages=(*request.messages, said, result))
    await provider.complete(again, on_delta=None)
    assert "secret_thought" not in json.dumps(server.calls()[0]["body"])


async def test_a_refusal(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"refusal": "I will not do that."})
    answer = await provider.complete(asking("bad"), on_delta=watcher.on_delta)
    assert answer.stop is Stop.REFUSAL
    assert answer.text() == "I will not do that."


async def test_an_answer_cut_by_length(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"text": "and then", "stop": "length"})
    answer = await provider.complete(asking("tell"), on_delta=watcher.on_delta)
    assert (answer.stop, answer.text()) == (Stop.LENGTH, "and then")


async def test_usage_that_is_missing_or_untrue_is_unknown(server: Server, provider: Provider, watcher: Watcher) -> None:
    turns: tuple[dict[str, Any], ...] = (
        {"usage": None},
        {"usage": {"input": -5, "output": 1, "total": 9}},
        {"usage_raw": {"surprise": 1}},
    )
    for number, turn in enumerate(turns):
        server.script({"text": "a"} | turn, name=f"script {number}")
        assert (await provider.complete(asking(), on_delta=watcher.on_delta)).usage is None


async def test_models_are_listed_and_a_wrong_key_is_named(server: Server, provider: Provider, name: str) -> None:
    assert [model.name for model in await provider.models()] == ["fake"]
    wrong = make_provider(name, server, key="wrong")
    with pytest.raises(WrongCredentials, match="Paste a new key"):
        await wrong.models()


async def test_the_key_is_sent_and_nothing_of_the_environment(
    server: Server, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_AUTH_TOKEN", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(variable, "of-the-environment")
    await make_provider(name, server).complete(asking(), on_delta=None)
    headers = server.calls()[0]["headers"]
    assert "of-the-environment" not in json.dumps(headers)
    assert "***" in (headers.get("authorization"), headers.get("x-api-key"))
    assert KEY not in json.dumps(headers)


async def test_a_client_that_closes_leaves_the_transport_to_others(server: Server, name: str) -> None:
    server.script({"text": "hello"})
    transport = make_transport(server)
    one, other = (make_provider(name, server, transport=transport) for _ in range(2))
    assert (await one.complete(asking(), on_delta=None)).text() == "hello"
    await one.close()
    assert (await other.complete(asking(), on_delta=None)).text() == "hello"


async def test_servers_without_native_schemas_get_them_in_words(server: Server) -> None:
    server.script({"json": {"name": "Ada"}})
    plain = make_provider("openai_chat", server, native_schemas=False)
    await plain.complete(asking("who", output_schema=PERSON), on_delta=None)
    body = server.calls()[0]["body"]
    assert "response_format" not in body
    assert "JSON Schema" in body["messages"][0]["content"]


async def test_a_long_answer_of_anthropic_is_streamed_unwatched(server: Server) -> None:
    server.script({"text": "hello"})
    anthropic = make_provider("anthropic", server)
    answer = await anthropic.complete(asking(max_tokens=64_000), on_delta=None)
    assert answer.text() == "hello"
    assert server.calls()[0]["answered"]["stream"] is True
