"""Answers as the SDKs read them: text, tools, structured output, refusals, usage, markers, and what the real APIs refuse."""

import json
from functools import partial

from tests.model_server.answers import smallest
from tests.model_server.checking import CITY, PARIS, ROME, Chat, Messages, Server, raises, same


def test_the_server_text_and_usage(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"text": "hello there", "usage": {"input": 11, "output": 7, "cached": 5}})
    said = wire.ask("hi", stream=stream)
    same((said.text, said.calls, said.refusal, said.usage), ("hello there", [], None, (11, 7, 5)))
    same(said.stop, wire.stops["end"])


def test_the_server_one_tool_call_and_its_result(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"tool_calls": [PARIS]}, {"text": "sunny in Paris"})
    said = wire.ask("weather", stream=stream, tools=True)
    same([call[1:] for call in said.calls], [("get_weather", {"city": "Paris"})])
    same((said.text, said.stop), (None, wire.stops["tools"]))
    same(wire.ask(wire.carry_on("weather", said, ["sunny"]), stream=stream, tools=True).text, "sunny in Paris")


def test_the_server_parallel_tool_calls_after_text(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"text": "I look it up.", "tool_calls": [PARIS, ROME]}, {"text": "done"})
    said = wire.ask("both", stream=stream, tools=True)
    same(said.text, "I look it up.")
    same([call[1:] for call in said.calls], [("get_weather", {"city": "Paris"}), ("get_time", {"city": "Rome"})])
    same(len({call[0] for call in said.calls}), 2)
    same(wire.ask(wire.carry_on("both", said, ["sunny", "noon"]), stream=stream, tools=True).text, "done")


def test_the_server_structured_output(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"json": {"name": "Ada"}})
    same(json.loads(wire.ask("who", stream=stream, schema=True).text), {"name": "Ada"})


def test_the_server_structured_output_from_the_schema_alone(server: Server, wire: Chat, stream: bool) -> None:
    same(json.loads(wire.ask("who", stream=stream, schema=True).text), {"name": "x"})


def test_the_server_forced_tool_without_a_script(server: Server, wire: Chat) -> None:
    said = wire.ask("weather", tools=True, force="get_time")
    same([call[1:] for call in said.calls], [("get_time", {"city": "x"})])


def test_the_server_refusal(server: Server, wire: Chat, stream: bool) -> None:
    server.script({"refusal": "I will not do that."})
    said = wire.ask("bad", stream=stream)
    same((said.refusal, said.text, said.stop), ("I will not do that.", None, wire.stops["refusal"]))


def test_the_server_cut_by_length(server: Server, wire: Chat) -> None:
    server.script({"text": "and then", "stop": "length"})
    same(wire.ask("tell").stop, wire.stops["length"])


def test_the_server_cut_by_length_in_a_stream(server: Server, wire: Chat) -> None:
    """The helper of openai raises for Chat Completions, the other two report it."""
    server.script({"text": "and then", "stop": "length"})
    if wire.name == "chat":
        raises(wire.errors.LengthFinishReasonError, lambda: wire.ask("tell", stream=True))
    else:
        same(wire.ask("tell", stream=True).stop, wire.stops["length"])


def test_the_server_usage_that_cannot_be_true(server: Server, wire: Chat) -> None:
    server.script({"text": "a", "usage": {"input": -5, "output": 1, "total": 99}}, name="negative")
    same(wire.ask("hi").usage[:2], (-5, 1))
    server.script({"text": "a", "usage_raw": {"surprise": 1}}, name="other keys")
    same(wire.create(**wire.request("hi")).usage.to_dict(), {"surprise": 1})


def test_the_server_usage_left_out(server: Server, wire: Chat) -> None:
    server.script({"text": "a", "usage": None})
    same(getattr(wire.create(**wire.request("hi")), "usage", None), None)


def test_the_server_marker_in_the_prompt(server: Server, wire: Chat, stream: bool) -> None:
    said = wire.ask("[[fake text=hello usage=11/7]] hi", stream=stream)
    same((said.text, said.usage[:2]), ("hello", (11, 7)))
    marked = '[[fake tool=get_weather args={"city":"Paris"} text=sunny]] weather'
    said = wire.ask(marked, stream=stream, tools=True)
    same([call[1:] for call in said.calls], [("get_weather", {"city": "Paris"})])
    same(wire.ask(wire.carry_on(marked, said, ["ok"]), stream=stream, tools=True).text, "sunny")


def test_the_server_marker_that_fails_first(server: Server, wire: Chat) -> None:
    patient = wire.client.with_options(max_retries=2)
    same(wire.ask("[[fake fail=500 fail_first=1 key=k text=hello]]", client=patient).text, "hello")
    same([call["answered"]["status"] for call in server.calls()], [500, 200])


def test_the_server_missing_tool_result_is_refused(server: Server, wire: Chat) -> None:
    server.script({"tool_calls": [PARIS, ROME]}, {"text": "never"})
    said = wire.ask("both", tools=True)
    history = wire.carry_on("both", said, ["sunny", "noon"])
    if wire.name == "messages":
        history[-1]["content"].pop()
    else:
        history.pop()
    same(raises(wire.errors.BadRequestError, lambda: wire.ask(history, tools=True)).status_code, 400)


def test_the_server_not_a_request(server: Server, wire: Chat) -> None:
    for wrong in ({"model": 5}, {"messages": "x", "input": ""}):
        request = wire.request("hi") | {"extra_body": wrong}
        raises(wire.errors.BadRequestError, partial(wire.create, **request))


async def test_the_server_async_client(server: Server, wire: Chat) -> None:
    server.script({"text": "hello there"})
    async with wire.parallel() as client:
        same(wire.read(await wire.create(client, **wire.request("hi"))).text, "hello there")
        stream = await wire.create(client, **wire.request("hi"), stream=True)
        same("".join([wire.piece(event) async for event in stream]), "hello there")


def test_the_server_models_and_count_tokens(server: Server, wire: Chat) -> None:
    same([model.id for model in wire.client.models.list()], ["fake"])
    if isinstance(wire, Messages):
        same(wire.client.messages.count_tokens(model="fake", messages=wire.history("hello there")).input_tokens, 2)


def test_the_server_request_id(server: Server, wire: Chat) -> None:
    assert wire.create(**wire.request("hi"))._request_id.startswith("req_")
    assert raises(wire.errors.RateLimitError, lambda: wire.ask("[[fake fail=429]]")).request_id.startswith("req_")


def test_the_server_schema_with_references(server: Server) -> None:
    schema = {
        "$defs": {"C": CITY},
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/C"}, "b": {"type": "array", "minItems": 2}},
    }
    same(smallest(schema), {"a": {"city": "x"}, "b": ["x", "x"]})
