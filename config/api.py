"""The REST API /api/v1: the routes of every app, put together."""

import json

import builder.api
import history.api
import orchestrator.api
import reviews.api
import teams.api
from config.openapi import PREFIX, Api
from config.problems import add_handlers
from teams.parser import StorableParser

DESCRIPTION = """Start runs, follow them and decide their reviews.

Send an API token as `Authorization: Bearer ...`. Errors are problem details (RFC 9457): `code` is stable, `detail` says what to
do next. A POST that starts or decides something takes an `Idempotency-Key`: repeated with the same key it answers the same and
does nothing again."""
api = Api(
    title="Baton", version="1", description=DESCRIPTION, docs_url=None, parser=StorableParser(), urls_namespace="api"
)
add_handlers(api)
for each in (builder.api.router, *orchestrator.api.ROUTERS, history.api.router, reviews.api.router, teams.api.router):
    api.add_router("", each)


def openapi_text() -> str:
    """The description as the file docs/openapi.json holds it."""
    return json.dumps(api.get_openapi_schema(path_prefix=PREFIX), indent=2, ensure_ascii=False, default=str) + "\n"
