"""A model server for tests and benchmarks. It speaks three public wire protocols on loopback, streamed and not:

  POST /v1/chat/completions   OpenAI API reference, "Chat Completions"      see wire_chat.py
  POST /v1/responses          OpenAI API reference, "Responses"             see wire_responses.py
  POST /v1/messages           Anthropic API reference, "Messages"           see wire_messages.py
  POST /v1/messages/count_tokens, GET /v1/models

What it answers comes from the settings, then the script that takes the request (scripts.py), then a marker in the prompt
(markers.py). Whatever may go wrong is in faults.py. Control:

  GET  /__fake/calls      every request in order; ?since=SEQUENCE&script=NAME&model=NAME
  GET  /__fake/stats      counts, and the most calls in flight
  POST /__fake/script     one script or a list; the same name replaces. GET lists them, DELETE ?name=NAME removes one
  POST /__fake/settings   latency, rate, jitter, tokens, seed, faults. GET shows them
  POST /__fake/reset      back to the start; with {"script": NAME} only that script and its calls

  python -m tests.model_server --port 28080 [--config FILE] [--latency 1 --rate 50 --jitter 0.2 --seed 7 --fail 529:0.1]

The file of --config is JSON: the settings, and "scripts". --port 0 takes a free port. One line on stdout says the address.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from aiohttp import web

from tests.model_server import faults
from tests.model_server.answers import make_answer
from tests.model_server.call_log import Call, CallLog
from tests.model_server.conversation import BadRequest, Conversation, texts
from tests.model_server.draws import Draws
from tests.model_server.markers import failure, read_marker, turn_of
from tests.model_server.scripts import Scripts, WrongScript, checked_turn, listed
from tests.model_server.sending import Pace, cut, send

DEFAULTS: dict[str, Any] = {"latency": 0.0, "rate": 0.0, "jitter": 0.0, "tokens": 8, "seed": 0, "faults": []}
MOST_ATTEMPTS_KEPT = 200_000


class Plan:
    """What one request gets."""

    def __init__(self, conversation: Conversation, turn: dict, draws: Draws, fault: dict) -> None:
        self.conversation, self.turn, self.draws, self.fault = conversation, turn, draws, fault
        self.pace = Pace(turn, draws)
        self.output_tokens = 0


class FakeModel:
    """The server's state: settings, scripts, and the log of calls."""

    def __init__(self, start: dict, log_limit: int = 10_000) -> None:
        self.start = start
        self.log = CallLog(log_limit)
        self.restart()

    def restart(self) -> None:
        self.settings = dict(DEFAULTS)
        self.scripts = Scripts()
        self.attempts: dict[tuple, int] = {}
        self.log.clear()
        self.change({key: value for key, value in self.start.items() if key != "scripts"})
        self.scripts.put(self.start.get("scripts", []))

    def change(self, settings: dict) -> None:
        settings = dict(settings)
        if fail := settings.pop("fail", None):
            settings["faults"] = [failure(fail)]
        if unknown := settings.keys() - DEFAULTS.keys():
            raise WrongScript(f"settings do not know {sorted(unknown)}; they know {sorted(DEFAULTS)}")
        for fault in settings.get("faults", []):
            faults.checked_fault(fault)
        self.settings |= settings

    def forget(self, name: str) -> None:
        """One script, its calls and its attempts."""
        self.scripts.remove(name)
        self.log.forget(name)
        self.attempts = {key: number for key, number in self.attempts.items() if key[0] != name}

    def attempt(self, *key: object) -> int:
        """How often this was tried before."""
        number = self.attempts.pop(key, 0)
        self.attempts[key] = number + 1
        if len(self.attempts) > MOST_ATTEMPTS_KEPT:
            del self.attempts[next(iter(self.attempts))]
        return number

    def handler(self, wire: ModuleType) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        name = wire.__name__.rpartition("wire_")[2]

        async def handle(request: web.Request) -> web.StreamResponse:
            call = self.log.start(name, request.path, request.headers)
            outcome = "broken_server"
            try:
                call.raw = await request.read()
                response = await self._answer(request, wire, call)
                outcome = str(call.answered.get("outcome", call.answered["status"]))
                return response
            except (ConnectionResetError, asyncio.CancelledError):
                outcome = "client_gone"
                call.answered["client_gone"] = True
                raise
            finally:
                self.log.end(call, outcome)

        return handle

    async def _answer(self, request: web.Request, wire: ModuleType, call: Call) -> web.StreamResponse:
        try:
            body = json.loads(call.raw)
            call.model = body.get("model")
            conversation = wire.read(body)
            conversation.text = "\n".join(texts(body))
            plan = self._plan(request, conversation, call)
        except (BadRequest, WrongScript) as error:
            return _error(wire, call, {"status": 400, "message": str(error)})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _error(wire, call, {"status": 400, "message": f"not a request that this protocol knows: {error!r}"})
        call.answered |= {"stream": bool(body.get("stream")), "fault": plan.fault.get("kind")}
        call.answered["latency"] = wait = plan.pace.first()
        if wait:
            await asyncio.sleep(wait)
        return await self._deliver(request, wire, call, plan)

    def _plan(self, request: web.Request, conversation: Conversation, call: Call) -> Plan:
        """Settings, then the turn of the script, then the marker; later ones win."""
        turn = {key: value for key, value in self.settings.items() if key not in ("seed", "faults")}
        script = self.scripts.choose(conversation, request.headers)
        scope = script.name if script else ""
        call.answered |= {"script": scope or None, "turn": conversation.turn}
        marker = turn_of(read_marker(conversation.text), conversation)
        if script:
            found = script.turn_for(conversation)
            if found is None:
                raise WrongScript(f"script {scope!r} has no turn for turn number {conversation.turn}")
            call.answered["place"], chosen = found
            turn |= chosen
        turn |= checked_turn(marker) if marker else {}
        digest = conversation.digest()
        call.answered["attempt"] = attempt = self.attempt(scope, digest)
        draws = Draws(self.settings["seed"], scope, digest, attempt)
        possible = listed(turn.get("fault", self.settings["faults"]))
        fault = faults.choose(possible, attempt, draws, lambda key: self.attempt("key", key))
        return Plan(conversation, turn, draws, fault or {})

    async def _deliver(self, request: web.Request, wire: ModuleType, call: Call, plan: Plan) -> web.StreamResponse:
        kind, streamed = plan.fault.get("kind"), call.answered["stream"]
        if kind == "status" or (kind == "stream_error" and not streamed):
            return _error(wire, call, {"status": 529} | plan.fault)
        if kind == "hang":
            call.answered |= {"status": None, "outcome": "hang"}
            await asyncio.sleep(float(plan.fault.get("seconds", 3600)))
            return await cut(request, web.Response(), reset=False)
        delivery = self._delivery(wire, call, plan)
        if not streamed and plan.pace.rate:
            await asyncio.sleep(sum(map(plan.pace.piece, range(plan.output_tokens))))
        return await send(request, delivery, plan.pace)

    def _delivery(self, wire: ModuleType, call: Call, plan: Plan) -> faults.Delivery:
        """The answer in the form of the protocol, spoiled as the plan says."""
        fault, kind, streamed = plan.fault, plan.fault.get("kind"), call.answered["stream"]
        answer = make_answer(plan.turn, plan.conversation)
        if kind:
            faults.spoil_answer(fault, answer, plan.conversation)
        plan.output_tokens = (answer.usage or {}).get("output", 0)
        full = wire.whole(answer, plan.conversation, plan.draws)
        if kind == "lie" and fault["about"] == "ids":
            faults.spoil_ids(full)
        call.answered |= {"status": 200, "kind": answer.kind(), "tools": [each.name for each in answer.tool_calls]}
        call.answered["usage"] = answer.usage if answer.usage_raw is None else answer.usage_raw
        chunks = [(False, json.dumps(full).encode())]
        if streamed:
            chunks = [(is_piece, text.encode()) for is_piece, text in wire.events(answer, plan.conversation, full)]
        delivery = faults.Delivery(chunks, headers=_headers(plan.draws, plan.turn.get("headers")), streamed=streamed)
        if kind:
            event = wire.error_event(int(fault.get("status", 529)), fault.get("message", "fake error in a stream"))
            faults.spoil_delivery(fault, delivery, event)
        if kind in ("reset", "truncate"):
            call.answered["outcome"] = {"reset": "reset", "truncate": "truncated"}[kind]
        if kind in ("drip", "lie"):
            call.answered["outcome"] = kind if kind == "drip" else f"lie_{fault['about']}"
        return delivery


def _headers(draws: Draws, more: dict | None) -> dict[str, str]:
    """Both names under which the SDKs look for the id of a request."""
    identifier = draws.identifier("req_")
    return {"x-request-id": identifier, "request-id": identifier, **(more or {})}


def _error(wire: ModuleType, call: Call, fault: dict) -> web.Response:
    status = int(fault["status"])
    message = fault.get("message", f"fake {status}")
    call.answered |= {"status": status, "kind": "error", "message": message}
    more = faults.status_headers(fault | {"status": status}) if "kind" in fault else {}
    headers = _headers(Draws("error", call.sequence, call.started_at), more)
    return web.json_response(wire.error(status, message, fault.get("code")), status=status, headers=headers)
