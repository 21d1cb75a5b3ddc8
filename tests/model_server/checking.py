"""What the tests share: the server under test, the official clients, and one form for the answers of the three protocols."""

import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anthropic
import openai

ROOT = Path(__file__).resolve().parents[2]
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
NAME = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
TOOLS = {"get_weather": CITY, "get_time": CITY}
PARIS = {"name": "get_weather", "arguments": {"city": "Paris"}}
ROME = {"name": "get_time", "arguments": {"city": "Rome"}}


@dataclass
class Said:
    text: Any
    refusal: str | None
    calls: list[tuple[str, str, Any]]  # id, name, arguments
    stop: str
    usage: Any
    raw: Any = field(repr=False, default=None)


class Server:
    """A server process of its own on a free port, ended by its id."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.model_server", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stdout
        self.output = self.process.stdout
        self.url = self.output.readline().strip()

    def control(self, name: str, body: Any = None, *, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/__fake/{name}", data, method=method)) as answer:
            return json.load(answer)

    def calls(self, query: str = "") -> Any:
        return self.control("calls" + query)["calls"]

    def script(self, *turns: dict, **more: Any) -> None:
        self.control("script", {"turns": list(turns), **more})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.output.close()


class Chat:
    name = "chat"
    errors: Any = openai
    client: Any
    stops = {"end": "stop", "tools": "tool_calls", "length": "length", "refusal": "stop"}

    def __init__(self, url: str) -> None:
        self.client = openai.OpenAI(base_url=url + "/v1", api_key="key", max_retries=0)
        self.url = url

    def parallel(self, **options: Any) -> Any:
        """A new one for each check: a client belongs to one event loop."""
        return openai.AsyncOpenAI(base_url=self.url + "/v1", api_key="key", max_retries=0, **options)

    def request(self, said: Any, tools: bool = False, schema: bool = False, force: str = "", **more: Any) -> dict:
        request = {"model": "fake", "messages": self.history(said)} | more
        if tools:
            one = {"strict": True}
            request["tools"] = [
                {"type": "function", "function": {"name": n, "parameters": s, **one}} for n, s in TOOLS.items()
            ]
        if schema:
            request["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "s", "schema": NAME, "strict": True},
            }
        if force:
            request["tool_choice"] = {"type": "function", "function": {"name": force}}
        return request

    def history(self, said: Any) -> list:
        return [{"role": "user", "content": said}] if isinstance(said, str) else said

    def carry_on(self, said: Any, answer: Said, results: list[str]) -> list:
        given = [{"role": "tool", "tool_call_id": call[0], "content": text} for call, text in paired(answer, results)]
        return [*self.history(said), answer.raw.choices[0].message.to_dict(), *given]

    def create(self, client: Any = None, **request: Any) -> Any:
        return (client or self.client).chat.completions.create(**request)

    def ask(self, said: Any, *, stream: bool = False, client: Any = None, **more: Any) -> Said:
        request = self.request(said, **more)
        if not stream:
            return self.read(self.create(client, **request))
        with (client or self.client).chat.completions.stream(
            **request, stream_options={"include_usage": True}
        ) as events:
            return self.read(events.get_final_completion())

    def read(self, raw: Any) -> Said:
        message, usage = raw.choices[0].message, raw.usage
        calls = [(call.id, call.function.name, loads(call.function.arguments)) for call in message.tool_calls or []]
        numbers = usage and (usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details.cached_tokens)
        return Said(message.content, message.refusal, calls, raw.choices[0].finish_reason, numbers, raw)

    def piece(self, event: Any) -> str:
        return (event.choices[0].delta.content or "") if event.choices else ""

    def ended(self, events: list) -> bool:
        return any(event.choices and event.choices[0].finish_reason for event in events)


class Responses(Chat):
    name = "responses"
    stops = {"end": "completed", "tools": "completed", "length": "incomplete", "refusal": "completed"}

    def request(self, said: Any, tools: bool = False, schema: bool = False, force: str = "", **more: Any) -> dict:
        request = {"model": "fake", "input": self.history(said)} | more
        if tools:
            request["tools"] = [
                {"type": "function", "name": n, "parameters": s, "strict": True} for n, s in TOOLS.items()
            ]
        if schema:
            request["text"] = {"format": {"type": "json_schema", "name": "s", "schema": NAME, "strict": True}}
        if force:
            request["tool_choice"] = {"type": "function", "name": force}
        return request

    def carry_on(self, said: Any, answer: Said, results: list[str]) -> list:
        given = [
            {"type": "function_call_output", "call_id": c[0], "output": text} for c, text in paired(answer, results)
        ]
        return [*self.history(said), *(item.to_dict() for item in answer.raw.output), *given]

    def create(self, client: Any = None, **request: Any) -> Any:
        return (client or self.client).responses.create(**request)

    def ask(self, said: Any, *, stream: bool = False, client: Any = None, **more: Any) -> Said:
        request = self.request(said, **more)
        if not stream:
            return self.read(self.create(client, **request))
        with (client or self.client).responses.stream(**request) as events:
            last = list(events)[-1]
        return self.read(last.response)

    def read(self, raw: Any) -> Said:
        parts = [part for item in raw.output if item.type == "message" for part in item.content]
        text = next((part.text for part in parts if part.type == "output_text"), None)
        refusal = next((part.refusal for part in parts if part.type == "refusal"), None)
        calls = [
            (item.call_id, item.name, loads(item.arguments)) for item in raw.output if item.type == "function_call"
        ]
        usage = raw.usage
        numbers = usage and (usage.input_tokens, usage.output_tokens, usage.input_tokens_details.cached_tokens)
        return Said(text, refusal, calls, raw.status, numbers, raw)

    def piece(self, event: Any) -> str:
        return event.delta if event.type == "response.output_text.delta" else ""

    def ended(self, events: list) -> bool:
        return any(event.type == "response.completed" for event in events)


class Messages(Chat):
    name = "messages"
    errors: Any = anthropic
    stops = {"end": "end_turn", "tools": "tool_use", "length": "max_tokens", "refusal": "refusal"}

    def __init__(self, url: str) -> None:
        self.client = anthropic.Anthropic(base_url=url, api_key="key", max_retries=0)
        self.url = url

    def parallel(self, **options: Any) -> Any:
        return anthropic.AsyncAnthropic(base_url=self.url, api_key="key", max_retries=0, **options)

    def request(self, said: Any, tools: bool = False, schema: bool = False, force: str = "", **more: Any) -> dict:
        request = {"model": "fake", "max_tokens": 99, "messages": self.history(said)} | more
        if tools:
            request["tools"] = [{"name": name, "input_schema": schema} for name, schema in TOOLS.items()]
        if schema:
            request["output_config"] = {"format": {"type": "json_schema", "schema": NAME}}
        if force:
            request["tool_choice"] = {"type": "tool", "name": force}
        return request

    def carry_on(self, said: Any, answer: Said, results: list[str]) -> list:
        given = [{"type": "tool_result", "tool_use_id": c[0], "content": text} for c, text in paired(answer, results)]
        content = [block.to_dict() for block in answer.raw.content]
        return [
            *self.history(said),
            {"role": "assistant", "content": content},
            {"role": "user", "content": given or "and then?"},
        ]

    def create(self, client: Any = None, **request: Any) -> Any:
        return (client or self.client).messages.create(**request)

    def ask(self, said: Any, *, stream: bool = False, client: Any = None, **more: Any) -> Said:
        request = self.request(said, **more)
        if not stream:
            return self.read(self.create(client, **request))
        with (client or self.client).messages.stream(**request) as events:
            return self.read(events.get_final_message())

    def read(self, raw: Any) -> Said:
        text = next((block.text for block in raw.content if block.type == "text"), None)
        refusal = raw.stop_details.explanation if raw.stop_details else None
        calls = [(block.id, block.name, block.input) for block in raw.content if block.type == "tool_use"]
        usage = raw.usage
        numbers = usage and (usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens)
        return Said(text, refusal, calls, raw.stop_reason, numbers, raw)

    def piece(self, event: Any) -> str:
        return event.delta.text if event.type == "content_block_delta" and event.delta.type == "text_delta" else ""

    def ended(self, events: list) -> bool:
        return any(event.type == "message_stop" for event in events)


def paired(answer: Said, results: list[str]) -> Iterator[tuple[tuple[str, str, Any], str]]:
    return zip(answer.calls, results, strict=True)


def loads(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def same(found: Any, wanted: Any) -> Any:
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"
    return found


def raises(kind: type[Exception] | tuple, action: Callable[[], Any]) -> Any:
    try:
        result = action()
    except kind as error:
        return error
    raise AssertionError(f"nothing raised, but {str(result)[:200]}")


BUSY = 10.0
"""Seconds that a wait may end late by on a busy machine: what a server waits for shows at the lower end."""


@contextlib.contextmanager
def lasts(least: float, most: float) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    took = time.perf_counter() - begun
    assert least <= took <= most, f"took {took:.3f} s, not {least} to {most}"


def wait_until(condition: Callable[[], Any], *, seconds: float = 5) -> None:
    """Wait for a condition of another process: what happens there can only be asked for."""
    begun = time.perf_counter()
    while not condition():
        assert time.perf_counter() - begun < seconds, "it did not happen in time"
        threading.Event().wait(0.005)
