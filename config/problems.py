"""Which status an error of the product has in the REST API, and problem details for every answer that is an error.

The middleware turns what Django itself answers below /api/ (no such address, wrong method, a bug) into problem details too.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from builder.portable_errors import WrongFile
from orchestrator.contract.errors import CallError, TransientCallError
from orchestrator.engine.move import Refused
from orchestrator.engine.values import BatonError
from orchestrator.operations.calls import PayloadTooLarge
from orchestrator.operations.starting import TooManyRuns
from orchestrator.queries.files import NoSuchFile
from teams import errors
from teams.idempotency import IdempotencyKeyReused
from teams.problems import CONTENT_TYPE, problem
from teams.values import TeamsError

API = "/api/"
STATUS: Mapping[type[Exception], int] = {
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.WrongInput: 422,
    IdempotencyKeyReused: 422,
    NoSuchFile: 404,
    PayloadTooLarge: 413,
    TooManyRuns: 429,
    WrongFile: 422,
    Refused: 409,
    TransientCallError: 502,
    CallError: 502,
}
"""By kind of error; the nearest kind counts. What is not here is 422 where it is an error of ours."""


def status_of(error: Exception) -> int:
    """The status of an expected error."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 422)


def add_handlers(api: NinjaAPI) -> None:
    """Problem details for everything that is expected; what is not goes on to Django, which logs it."""
    api.add_exception_handler(BatonError, _expected)
    api.add_exception_handler(TeamsError, _expected)
    api.add_exception_handler(ValidationError, _wrong_request)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(RequestDataTooBig, _too_big)


def _expected(_request: HttpRequest, error: Any) -> HttpResponse:
    faults = getattr(error, "faults", None)
    data = dict(error.data)
    if faults is not None:
        data["problems"] = [
            {"line": one.line, "key": one.key, "code": one.code, "message": one.text}
            for one in faults
            if not one.is_hint
        ]
    response = problem(status=status_of(error), code=error.code, detail=str(error), data=data)
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _wrong_request(_request: HttpRequest, error: Any) -> HttpResponse:
    """What does not have the documented shape, each place with its message."""
    found = [{"place": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors]
    told = "; ".join(f"{one['place']}: {one['message']}" for one in found)
    detail = f"The request does not have the documented shape. {told}. See /api/v1/docs."
    return problem(status=422, code="wrong_request", detail=detail, data={"errors": found})


def _http_error(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(status=error.status_code, code=_code(error.status_code), detail=str(error))


def _not_found(_request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(status=404, code="not_found", detail=_DETAILS[404])


def _too_big(_request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(status=413, code="request_too_large", detail=_DETAILS[413])


_DETAILS: Mapping[int, str] = {
    400: "The request cannot be read. Send JSON as /api/v1/docs describes it.",
    403: "This is refused. Send an API token as `Authorization: Bearer ...`.",
    404: "There is nothing at this address. /api/v1/docs lists the addresses.",
    405: "This address knows other methods; the header Allow lists them.",
    413: "The request is too large. Upload files to /api/v1/files, and pass less in JSON.",
    500: "Something broke in the server. Its log has the details; try again, and tell the operator if it stays.",
    503: "The server cannot answer now. Try again in a moment.",
}


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")


def problem_answers(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: an error below /api/ is problem details, whoever answered."""
    return _later(get_response) if iscoroutinefunction(get_response) else _now(get_response)


problem_answers.sync_capable = True  # type: ignore[attr-defined]  # Django reads it
problem_answers.async_capable = True  # type: ignore[attr-defined]


def _now(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        return _explained(request, get_response(request))

    return middleware


def _later(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    async def middleware(request: HttpRequest) -> HttpResponseBase:
        return _explained(request, await get_response(request))

    return middleware


def _explained(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    status = response.status_code
    is_ours = not request.path.startswith(API) or status < HTTPStatus.BAD_REQUEST
    if is_ours or response.get("Content-Type", "").startswith(CONTENT_TYPE):
        return response
    explained = problem(status=status, code=_code(status), detail=_DETAILS.get(status, HTTPStatus(status).phrase + "."))
    for name in ("Allow", "Retry-After"):
        if name in response:
            explained[name] = response[name]
    return explained
