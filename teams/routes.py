"""What every route of the REST API shares: who asks, the action that the route needs, and requests that are sent twice.

A route names its action where it is declared (`auth=Demanding(Action.see)`): a test fails for one that names none.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.security.base import AuthBase
from pydantic import BaseModel

from teams.authentication import caller_of
from teams.callers import Caller
from teams.errors import NotFound
from teams.idempotency import once, request_digest
from teams.policy import Action
from teams.values import Json

REPLAYED = "Idempotency-Replayed"


class Demanding(AuthBase):
    """Finds the caller and lets in who may do one of the actions. Raises what teams.authentication and Caller.demand raise."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, *actions: Action) -> None:
        self.actions = actions
        super().__init__()

    def __call__(self, request: HttpRequest) -> Caller:
        by = caller_of(request, now=timezone.now())
        if "\x00" in request.path:
            raise NotFound  # nothing has such a name, and PostgreSQL cannot be asked for it
        if not any(by.may(action) for action in self.actions):
            by.demand(self.actions[0])
        return by


class DemandingOnce(Demanding):
    """The same for a route that answers for a long time: the database's connection is not kept meanwhile."""

    def __call__(self, request: HttpRequest) -> Caller:
        try:
            return super().__call__(request)
        finally:
            if not connection.in_atomic_block:
                connection.close()


def caller(request: HttpRequest) -> Caller:
    """Who asks, as the route's Demanding found."""
    by: Caller = request.auth  # type: ignore[attr-defined]  # ninja keeps it there
    return by


def repeatable(request: HttpRequest, make: Callable[[], BaseModel], *, status: int = HTTPStatus.OK) -> HttpResponse:
    """The answer of `make`, once per Idempotency-Key: whoever repeats the request gets the first answer again."""
    by = caller(request)
    whose = f"{by.user_id}:{by.token_id}"
    answer = once(
        team_id=by.team_id,
        key=request.headers.get("Idempotency-Key"),
        digest=request_digest(
            caller=whose, method=request.method or "", path=request.get_full_path(), body=request.body
        ),
        make=lambda: _as_json(make()),
        now=timezone.now(),
    )
    return answered(answer.value, status=status, is_repeated=answer.is_repeated)


def answered(text: Json, *, status: int, is_repeated: bool) -> HttpResponse:
    """A JSON answer that says whether it was given before."""
    response = HttpResponse(text, status=status, content_type="application/json; charset=utf-8")
    if is_repeated:
        response[REPLAYED] = "true"
    return response


def _as_json(value: BaseModel) -> Json:
    """Text, so that the stored answer is the given one to the letter."""
    return value.model_dump_json(by_alias=True)
