"""The demo model as a whole: deterministic, counted, labelled, free of vendors, and ignorant of every template."""

import asyncio
import json
import re
from pathlib import Path

import httpx2
import pytest

from orchestrator.contract.messages import Delta, ModelRequest, Stop, user
from orchestrator.contract.provider import Provider
from orchestrator.registry import provider_types
from tests.unit.demo import ask

ROOT = Path(__file__).resolve().parents[2]
KINDS_OF_DATA = "message amount price date currency email name number item subject address"
WORDS_OF_CODE = "order state plan notes contract model failed until last"
"""Both are plain words that any request, or any program, may have; not words of a template."""
LONG = (
    "The bridge was closed in March. Repairs cost 40,000 euros. It opened again on 2 June 2026. People were glad. "
    * 400
)


class NoNetwork(httpx2.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise AssertionError(request.url)


def make(**settings: float) -> Provider:
    kind = provider_types()["demo"]
    return kind.make(kind.settings(**settings), {}, NoNetwork())


def test_the_same_request_is_always_answered_alike() -> None:
    request = ModelRequest(model="demo", messages=(user(f"Summarise this text.\n\n{LONG[:2000]}"),))
    answers = [asyncio.run(make().complete(request, on_delta=None)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].model == "demo"


def test_tokens_are_counted_by_bytes() -> None:
    answer = ask(f"Summarise this text in two sentences.\n\n{LONG}")
    assert answer.usage is not None
    assert answer.usage.input == pytest.approx(len(LONG) / 3.5, rel=0.02)
    assert answer.usage.output == round(len(answer.text().encode()) / 3.5)


def test_it_streams_what_it_answers() -> None:
    deltas: list[Delta] = []
    request = ModelRequest(model="demo", messages=(user(f"Summarise this text.\n\n{LONG[:2000]}"),))
    answer = asyncio.run(make(words_per_second=1000).complete(request, on_delta=deltas.append))
    assert len(deltas) > 3
    assert "".join(delta.text for delta in deltas) == answer.text()


def test_it_stops_at_max_tokens() -> None:
    answer = ask(f"Summarise this text in nine sentences.\n\n{LONG[:2000]}", max_tokens=10)
    assert answer.stop is Stop.LENGTH
    assert len(answer.text().encode()) <= 35


def test_its_title_says_what_it_is_and_its_text_does_not() -> None:
    (model,) = asyncio.run(make().models())
    assert "demo model, not a language model" in model.title
    assert "demo model" not in ask(f"Summarise this text.\n\n{LONG[:500]}").text()


def test_a_request_without_material_says_so() -> None:
    assert ask("Summarise.").text()


@pytest.mark.parametrize(
    "text", ["", "?", "\n\n\n", "{", "a" * 20_000, "{}" * 3000, "<x>" * 2000, "- \n" * 2000, ":" * 5000, "\ud83d \0"]
)
@pytest.mark.parametrize(
    "schema", [None, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}]
)
def test_odd_requests_are_answered_too(text: str, schema: dict[str, object] | None) -> None:
    answer = ask(text, output_schema=schema)
    assert answer.stop in (Stop.END, Stop.LENGTH)
    if schema and answer.stop is Stop.END:
        assert set(json.loads(answer.text())) == {"a"}
    answer.text().encode()


def test_a_large_request_does_not_hold_the_loop_up() -> None:
    async def scenario() -> int:
        request = ModelRequest(model="demo", messages=(user(f"Summarise this text.\n\n{LONG * 5}"),))
        call = asyncio.ensure_future(make().complete(request, on_delta=None))
        turns = 0
        while not call.done():
            await asyncio.sleep(0.001)
            turns += 1
        return turns

    assert asyncio.run(scenario()) > 5


def test_it_knows_no_word_of_a_template() -> None:
    """Names of routes and tables, columns of tables: whatever is there the model must find in the request."""
    source = " ".join(path.read_text() for path in (ROOT / "orchestrator/providers").glob("*demo*.py"))
    known = {word.lower() for word in re.findall(r"[A-Za-z]{4,}", source.replace("_", " "))}
    wanted = template_words() - set(f"{KINDS_OF_DATA} {WORDS_OF_CODE}".split())
    assert len(wanted) > 30
    assert not wanted & known


def template_words() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "builder/gallery").glob("*.yaml"):
        text = path.read_text()
        for routes in re.finditer(r"(?m)^( +)routes:\n((?:\1 +.+\n)+)", text):
            found |= set(re.findall(r"(?m)^ +(\w+):", routes[2]))
        for tables in re.finditer(r"(?m)^tables:\n((?: +.+\n)+)", text):
            found |= set(re.findall(r"(?m)^ +(\w+):", tables[1]))
    for path in (ROOT / "builder/gallery").glob("*/*.csv"):
        found |= set(re.findall(r"[a-z]{4,}", path.read_text().splitlines()[0].lower()))
    return {word for word in found if len(word) > 3}
