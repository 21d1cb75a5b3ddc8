"""The description of the REST API: what ninja makes of the routes, with the actions, the problem details and the stream."""

from collections.abc import Iterator, Mapping
from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from orchestrator.engine.values import Json
from teams.policy import Action
from teams.problems import CONTENT_TYPE
from teams.routes import Demanding

PREFIX = "/api/v1/"
SECURITY = "token"
PROBLEM: Mapping[str, Json] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable: what a program decides by."},
        "detail": {"type": "string", "description": "What happened and what to do next."},
    },
}
ANSWER: Mapping[str, Json] = {
    "description": "Problem",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
STREAM: Mapping[str, Json] = {
    "operationId": "orchestrator_views_stream",
    "summary": "Stream",
    "description": "The same events as server-sent events, and those that come, until you go away. Come back with the "
    "header Last-Event-ID and nothing is missed. `tokens` are what models write meanwhile; `refetch` says that you read "
    "too slowly: come back.",
    "tags": ["events"],
    "parameters": [
        {"in": "path", "name": "run_id", "required": True, "schema": {"type": "integer"}},
        {"in": "query", "name": "after", "required": False, "schema": {"type": "integer", "default": 0}},
    ],
    "responses": {"200": {"description": "OK", "content": {"text/event-stream": {}}}, "default": ANSWER},
    "security": [{SECURITY: []}],
    "x-actions": [Action.see.value],
}
"""A view of its own (orchestrator.views.streams): it goes on until it is told to end."""


class Api(NinjaAPI):
    """Describes itself with what ninja cannot know."""

    def get_openapi_schema(self, **options: Any) -> Any:
        found: Any = super().get_openapi_schema(**options)
        for path, operation in operations(self):
            for method in operation.methods:
                described = found["paths"][f"{PREFIX}{path}"][method.lower()]
                described["x-actions"] = [action.value for action in demanded(operation)]
                described["security"] = [{SECURITY: []}]
                described["responses"]["default"] = ANSWER
        found["paths"][f"{PREFIX}runs/{{run_id}}/stream"] = {"get": STREAM}
        found["components"]["schemas"]["Problem"] = PROBLEM
        found["components"]["securitySchemes"] = {SECURITY: {"type": "http", "scheme": "bearer"}}
        return found


def operations(api: NinjaAPI) -> Iterator[tuple[str, Operation]]:
    """Every route with its address below /api/v1/."""
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield path.lstrip("/"), operation


def demanded(operation: Operation) -> tuple[Action, ...]:
    """The actions one of which the route needs; none where it names none."""
    checks = [check for check in operation.auth_callbacks if isinstance(check, Demanding)]
    return tuple(action for check in checks for action in check.actions)
