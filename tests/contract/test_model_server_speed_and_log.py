"""Latency, the log of calls, and the file of --config."""

import asyncio
import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.model_server.checking import BUSY, Chat, Server, lasts, same, wait_until


def test_the_server_fixed_latency(server: Server, wire: Chat, stream: bool) -> None:
    server.control("settings", {"latency": 0.3})
    with lasts(0.3, BUSY):
        wire.ask("hi", stream=stream)
    server.control("settings", {"latency": 2 * BUSY})
    server.script({"text": "fast", "latency": 0})
    with lasts(0, BUSY):
        wire.ask("hi", stream=stream)


def test_the_server_token_rate(server: Server, wire: Chat, stream: bool) -> None:
    server.control("settings", {"tokens": 30, "rate": 100})
    with lasts(0.3, BUSY):
        wire.ask("hi", stream=stream)


def test_the_server_first_piece_comes_early(server: Server, wire: Chat) -> None:
    server.control("settings", {"tokens": 20, "rate": 20})
    begun, times = time.perf_counter(), []
    for event in wire.create(**wire.request("hi"), stream=True):
        if wire.piece(event):
            times.append(time.perf_counter() - begun)
    same(len(times), 20)
    assert times[-1] > 0.9, times
    assert times[0] < times[-1] - 0.2, times


def test_the_server_jitter_repeats_with_the_seed(server: Server, wire: Chat) -> None:
    def waits(seed: int) -> list[float]:
        server.control("reset", {})
        server.control("settings", {"latency": 0.1, "jitter": 0.9, "seed": seed})
        for number in range(6):
            wire.ask(f"question {number}")
        calls = server.calls()
        assert all(call["ended_at"] - call["started_at"] >= call["answered"]["latency"] - 0.002 for call in calls)
        return [call["answered"]["latency"] for call in calls]

    first, again, other = waits(1), waits(1), waits(2)
    assert all(0.01 <= wait <= 0.19 for wait in first), first
    assert len(set(first)) == 6
    same((again, other == first), (first, False))


async def test_the_server_many_waiting_calls(server: Server, wire: Chat) -> None:
    server.control("settings", {"latency": 1.0})
    async with wire.parallel() as client:
        with lasts(1, 6 * BUSY):  # one after the other they would take 200 s
            await asyncio.gather(*(wire.create(client, **wire.request("hi")) for _ in range(200)))
    same(server.control("stats")["max_in_flight"], 200)


def test_the_server_log_of_calls(server: Server, wire: Chat) -> None:
    server.script({"text": "a"}, name="logged")
    begun = time.time()
    for text, stream in (("one", False), ("two", True), ("one", False)):
        wire.ask(text, stream=stream)
    calls = server.calls()
    same([call["sequence"] for call in calls], [0, 1, 2])
    same(
        {(call["protocol"], call["model"], call["path"].startswith("/v1/")) for call in calls},
        {(wire.name, "fake", True)},
    )
    same([call["answered"]["stream"] for call in calls], [False, True, False])
    same(
        {(call["answered"]["script"], call["answered"]["status"], call["answered"]["kind"]) for call in calls},
        {("logged", 200, "text")},
    )
    assert "two" in json.dumps(calls[1]["body"])
    assert calls[0]["digest"] == calls[2]["digest"] != calls[1]["digest"]
    assert begun <= calls[0]["started_at"] <= calls[0]["ended_at"] <= calls[1]["started_at"]
    headers = calls[0]["headers"]
    assert headers.get("authorization", headers.get("x-api-key")) == "***"
    assert "user-agent" in headers
    same([call["sequence"] for call in server.calls("?since=2")], [2])
    server.control("reset", {})
    same((server.calls(), server.control("script")), ([], []))


def test_the_server_call_in_flight_is_in_the_log(server: Server, wire: Chat) -> None:
    server.control("settings", {"latency": 0.5})
    asking = threading.Thread(target=wire.ask, args=("hi",))
    asking.start()
    wait_until(lambda: server.control("stats")["in_flight"] == 1)
    same([call["ended_at"] for call in server.calls()], [None])
    same(server.control("stats")["in_flight"], 1)
    asking.join()
    assert server.calls()[0]["ended_at"]


def test_the_server_digest_does_not_depend_on_the_order_of_keys(server: Server) -> None:
    pairs = [("model", "fake"), ("input", "hi")]
    for body in (dict(pairs), dict(reversed(pairs)), dict(pairs) | {"input": "ho"}):
        urllib.request.urlopen(server.url + "/v1/responses", json.dumps(body).encode()).read()
    first, second, third = (call["digest"] for call in server.calls())
    assert first == second != third


def test_the_server_body_that_is_not_json_is_logged(server: Server) -> None:
    try:
        urllib.request.urlopen(server.url + "/v1/messages", b"{oops")
    except urllib.error.HTTPError as error:
        same((error.code, json.load(error)["type"]), (400, "error"))
    same([(call["body"], call["answered"]["status"]) for call in server.calls()], [(None, 400)])


def test_the_server_config_file_and_command_line(server: Server) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        script = {"name": "s", "for": {"model": "m"}, "turns": [{"text": "from the file"}]}
        config.write_text(json.dumps({"latency": 0.2, "tokens": 3, "seed": 4, "scripts": [script]}))
        other = Server("--config", str(config), "--latency", "0.1", "--log-limit", "2")
        try:
            wire = Chat(other.url)
            for _ in range(2):
                same(wire.ask("hi", model="m").text, "from the file")
                same(wire.ask("hi").text, "w0 w1 w2")
                settings = other.control("settings")
                same((settings["latency"], settings["seed"]), (0.1, 4))
                same([call["sequence"] for call in other.calls()][-1], 1)
                other.control("settings", {"latency": 0})
                other.control("reset", {})
            for _ in range(5):
                wire.ask("hi")
            same([call["sequence"] for call in other.calls()], [3, 4])
        finally:
            other.stop()
