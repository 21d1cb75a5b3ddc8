"""One suite over every provider, the demo model included: the same requests, and what must hold of each answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator import providers
from orchestrator.contract.codec import answer_from_json, answer_to_json
from orchestrator.contract.messages import Stop, ToolSpec
from orchestrator.contract.provider import Provider
from tests.contract.providers import CITY, VENDORS, Watcher, asking, carry_on, make_provider
from tests.model_server.checking import PARIS, Server

CITIES = "What is it like there?\n\n## city\n\nParis"
WEATHER = ToolSpec(name="get_weather", description="The weather in a city.", schema=CITY)
NAME = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


@pytest.fixture(params=[*VENDORS, "demo"])
async def provider(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[Provider]:
    made = make_provider(str(request.param), server)
    yield made
    await made.close()


@pytest.fixture
def watcher(stream: bool) -> Watcher:
    return Watcher(watches=stream)


def test_the_suite_covers_every_provider_of_this_package() -> None:
    own = {path.stem for path in Path(providers.__path__[0]).glob("[!_]*.py")}
    assert own == {*VENDORS, "demo"}


async def test_text_usage_and_deltas_agree(provider: Provider, watcher: Watcher) -> None:
    answer = await provider.complete(asking("The tower is old. It leans to the left."), on_delta=watcher.on_delta)
    assert answer.text()
    assert answer.stop is Stop.END
    assert answer.usage is not None
    assert answer.usage.input > 0
    assert answer.usage.output > 0
    assert answer.model
    assert watcher.text() == (answer.text() if watcher.on_delta else "")


async def test_a_tool_is_called_and_its_result_used(server: Server, provider: Provider, watcher: Watcher) -> None:
    server.script({"tool_calls": [PARIS]}, {"text": "It is sunny in Paris today."})
    request = asking(CITIES, system="Call get_weather, then answer.", tools=(WEATHER,))
    first = await provider.complete(request, on_delta=watcher.on_delta)
    assert [(use.name, dict(use.arguments)) for use in first.tool_uses()] == [("get_weather", {"city": "Paris"})]
    assert first.stop is Stop.TOOLS
    assert watcher.tools() == (["get_weather"] if watcher.on_delta else [])
    stored = answer_from_json(json.loads(json.dumps(answer_to_json(first))))
    second = await provider.complete(
        carry_on(request, stored, "It is sunny in Paris today."), on_delta=watcher.on_delta
    )
    assert "sunny" in second.text()
    assert second.stop is Stop.END


async def test_a_failed_tool_is_told_and_the_model_goes_on(server: Server, provider: Provider) -> None:
    server.script({"tool_calls": [PARIS]}, {"text": "I could not look."})
    request = asking(CITIES, system="Call get_weather, then answer.", tools=(WEATHER,))
    first = await provider.complete(request, on_delta=None)
    second = await provider.complete(carry_on(request, first, "The service is closed.", is_error=True), on_delta=None)
    assert second.text()


async def test_structured_output_is_json_that_fits(server: Server, provider: Provider, watcher: Watcher) -> None:
    request = asking("The tower is old. It leans to the left.", system="Find a title.", output_schema=NAME)
    answer = await provider.complete(request, on_delta=watcher.on_delta)
    assert json.loads(answer.text())["title"]


async def test_a_demanded_tool_is_called(provider: Provider) -> None:
    answer = await provider.complete(asking(CITIES, tools=(WEATHER,), must_use_tool=True), on_delta=None)
    assert [use.name for use in answer.tool_uses()] == ["get_weather"]


async def test_a_short_limit_is_told(server: Server, provider: Provider) -> None:
    server.script({"text": "The tower", "stop": "length"})
    answer = await provider.complete(
        asking("The tower is old. It leans to the left. " * 9, max_tokens=16), on_delta=None
    )
    assert answer.stop in (Stop.LENGTH, Stop.END)
    assert len(answer.text()) <= 16 * 4


async def test_a_call_can_be_cancelled(server: Server, provider: Provider) -> None:
    server.control("settings", {"latency": 5})
    call = asyncio.ensure_future(
        provider.complete(asking("The tower is old. " * 5000), on_delta=Watcher(watches=True).on_delta)
    )
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_models_are_offered(provider: Provider) -> None:
    assert [model.name for model in await provider.models()] in (["fake"], ["demo"])
