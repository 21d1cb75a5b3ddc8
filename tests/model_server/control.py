"""The server's application: the vendors' paths, and /__fake/ by which tests steer and read it (server.py lists them)."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.model_server import wire_chat, wire_messages, wire_responses
from tests.model_server.conversation import texts
from tests.model_server.server import FakeModel

LARGEST_REQUEST = 64 << 20
Answering = Callable[[FakeModel, web.Request], Awaitable[object]]


def make_app(model: FakeModel) -> web.Application:
    app = web.Application(client_max_size=LARGEST_REQUEST)
    for wire in (wire_chat, wire_responses, wire_messages):
        app.router.add_post(wire.PATH, model.handler(wire))
    app.router.add_post("/v1/messages/count_tokens", _count_tokens)
    app.router.add_get("/v1/models", _models)
    for answering in (calls, stats, script, settings, reset):
        app.router.add_route("*", f"/__fake/{answering.__name__}", _guarded(model, answering))
    return app


async def calls(model: FakeModel, request: web.Request) -> object:
    query = request.query
    return model.log.as_json(since=int(query.get("since", 0)), script=query.get("script"), model=query.get("model"))


async def stats(model: FakeModel, _request: web.Request) -> object:
    return model.log.statistics


async def settings(model: FakeModel, request: web.Request) -> object:
    if request.method == "POST":
        model.change(await request.json())
    return model.settings


async def script(model: FakeModel, request: web.Request) -> object:
    if request.method == "POST":
        return {"scripts": model.scripts.put(await request.json())}
    if request.method == "DELETE":
        model.scripts.remove(request.query["name"])
    return [each.source for each in model.scripts.scripts.values()]


async def reset(model: FakeModel, request: web.Request) -> object:
    name = (await request.json()).get("script") if request.can_read_body else None
    if name is None:
        model.restart()
    else:
        model.forget(name)
    return {"ok": True}


def _guarded(model: FakeModel, answering: Answering) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return web.json_response(await answering(model, request))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


async def _count_tokens(request: web.Request) -> web.Response:
    return web.json_response({"input_tokens": max(1, sum(map(len, texts(await request.json()))) // 4)})


async def _models(request: web.Request) -> web.Response:
    if "wrong" in (request.headers.get("authorization") or request.headers.get("x-api-key") or ""):
        return web.json_response({"error": {"type": "authentication_error", "message": "invalid key"}}, status=401)
    one = {"id": "fake", "object": "model", "type": "model", "created": 0, "owned_by": "fake"}
    one |= {"display_name": "Fake", "created_at": "2026-01-01T00:00:00Z"}
    return web.json_response(
        {"object": "list", "has_more": False, "first_id": "fake", "last_id": "fake", "data": [one]}
    )
