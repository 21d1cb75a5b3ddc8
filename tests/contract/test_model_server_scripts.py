"""Scripts: order, predicates, who a script is for, and what happens without a turn."""

import asyncio
import urllib.error
from functools import partial
from typing import Any

from tests.model_server.checking import PARIS, ROME, Chat, Messages, Responses, Server, raises, same


def test_the_server_turns_in_order_survive_retries(server: Server, wire: Chat) -> None:
    server.script({"tool_calls": [PARIS]}, {"tool_calls": [ROME]}, {"text": "done"})
    first = wire.ask("plan", tools=True)
    same(wire.ask("plan", tools=True).calls[0][1], "get_weather")
    history = wire.carry_on("plan", first, ["sunny"])
    second = wire.ask(history, tools=True)
    same(wire.ask(history, tools=True).calls[0][1:], second.calls[0][1:])
    same(second.calls[0][1], "get_time")
    same(wire.ask(wire.carry_on(history, second, ["noon"]), tools=True).text, "done")
    same([call["answered"]["turn"] for call in server.calls()], [0, 0, 1, 1, 2])
    same([call["answered"]["attempt"] for call in server.calls()], [0, 1, 0, 1, 0])


def test_the_server_predicates(server: Server, wire: Chat) -> None:
    server.script(
        {"when": {"tool_result": "get_time"}, "text": "after the time"},
        {"when": {"tool_result": "get_weather"}, "text": "after the weather"},
        {"when": {"latest_contains": "weather in Paris"}, "tool_calls": [PARIS]},
        {"when": {"contains": "time", "offers_tool": "get_time"}, "tool_calls": [ROME]},
        {"when": {"contains": "time", "protocol": wire.name, "turn": 0}, "text": "no clock"},
        otherwise={"text": "what?"},
    )
    weather = wire.ask("the weather in Paris", tools=True)
    same(wire.ask(wire.carry_on("the weather in Paris", weather, ["sunny"]), tools=True).text, "after the weather")
    clock = wire.ask("the time", tools=True)
    same(wire.ask(wire.carry_on("the time", clock, ["noon"]), tools=True).text, "after the time")
    same(wire.ask("the time").text, "no clock")
    same(wire.ask("hm").text, "what?")
    same([call["answered"]["place"] for call in server.calls()], [2, 1, 3, 0, 4, "otherwise"])


def test_the_server_no_turn_left_is_a_clear_400(server: Server, wire: Chat) -> None:
    server.script({"when": {"contains": "never"}, "text": "x"}, name="short")
    error = raises(wire.errors.BadRequestError, lambda: wire.ask("hi"))
    assert "script 'short' has no turn for turn number 0" in str(error), error
    same(server.calls()[0]["answered"]["status"], 400)


async def test_the_server_parallel_runs_have_their_own_scripts(server: Server, wire: Chat) -> None:
    key = "user_id" if wire.name == "messages" else "run"
    for number in range(20):
        server.script({"text": f"header {number}"}, name=f"h{number}", **{"for": {"header": {"x-run": str(number)}}})
        server.script({"text": f"metadata {number}"}, name=f"m{number}", **{"for": {"metadata": {key: str(number)}}})
        server.script({"text": f"model {number}"}, name=f"n{number}", **{"for": {"model": f"model-{number}"}})
    server.script({"text": "anyone"}, name="anyone")

    async with wire.parallel() as client:

        async def ask(wanted: str, **more: Any) -> None:
            same(wire.read(await wire.create(client, **wire.request("hi", **more))).text, wanted)

        asked = [ask(f"header {number}", extra_headers={"X-Run": str(number)}) for number in range(20)]
        asked += [ask(f"metadata {number}", metadata={key: str(number)}) for number in range(20)]
        asked += [ask(f"model {number}", model=f"model-{number}") for number in range(20)]
        await asyncio.gather(*asked, ask("anyone"))
    same(len(server.calls("?script=h7")), 1)
    server.control("reset", {"script": "h7"})
    same((len(server.calls("?script=h7")), len(server.calls())), (0, 60))


def test_the_server_most_conditions_win(server: Server, wire: Chat) -> None:
    server.script({"text": "both"}, name="a", **{"for": {"model": "fake", "header": {"x-run": "1"}}})
    server.script({"text": "model"}, name="b", **{"for": {"model": "fake"}})
    same(wire.ask("hi", extra_headers={"x-run": "1"}).text, "both")
    same(wire.ask("hi").text, "model")
    server.script({"text": "replaced"}, name="b", **{"for": {"model": "fake"}})
    same(wire.ask("hi").text, "replaced")
    server.control("script?name=b", method="DELETE")
    same([script["name"] for script in server.control("script")], ["a"])


def test_the_server_ids_repeat_with_the_seed_and_differ_between_attempts(server: Server, wire: Chat) -> None:
    def ids() -> list[str]:
        server.control("reset", {})
        server.script({"tool_calls": [PARIS]})
        return [wire.ask("hi", tools=True).calls[0][0] for _ in range(3)]

    first = ids()
    same((len(set(first)), ids()), (3, first))


def test_the_server_previous_response_id(server: Server) -> None:
    wire = Responses(server.url)
    by_name = {"when": {"tool_result": "get_weather"}, "text": "by name"}
    server.script({"tool_calls": [PARIS]}, by_name, {"text": "second"}, {"text": "third"})
    first = wire.ask("weather", tools=True)
    output = {"type": "function_call_output", "call_id": first.calls[0][0], "output": "sunny"}
    second = wire.ask([output], previous_response_id=first.raw.id)
    same(second.text, "by name")
    same(wire.ask("and now", previous_response_id=second.raw.id).text, "third")


def test_the_server_beginning_of_the_answer_is_not_a_turn(server: Server) -> None:

    server.script({"text": "first"}, {"text": "second"})
    history = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "I say:"}]
    same(Messages(server.url).ask(history).text, "first")


def test_the_server_wrong_scripts_and_settings_are_refused(server: Server) -> None:
    wrong = [
        ("script", {"turns": [{"txet": "a"}]}),
        ("script", {"turns": [{"when": {"contain": "a"}}]}),
        ("script", {"turns": [{"fault": {"kind": "explode"}}]}),
        ("script", {"turns": [{"fault": {"kind": "drip", "status": 1}}]}),
        ("script", {"turns": [{"tool_calls": [{"arguments": {}}]}]}),
        ("script", {"name": "x"}),
        ("script", [{"turns": []}, {"turns": 5}]),
        ("settings", {"latncy": 1}),
        ("settings", {"faults": [{"kind": "status", "status": 200}]}),
    ]
    for name, body in wrong:
        same(raises(urllib.error.HTTPError, partial(server.control, name, body)).code, 400)
    same(server.control("script"), [])
