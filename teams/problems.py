"""Errors as answers of the REST API: problem details of RFC 9457, with the error's stable `code`.

`detail` says what to do next. Which status an error has is decided by its kind, in one table (config/problems.py adds those
of the apps above).
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpResponse

from teams.opened import redact_opened
from teams.values import Json

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "retry_after"
"""The key of an error's data that holds the seconds for the header Retry-After."""


def problem(*, status: int, code: str, detail: str, data: Mapping[str, Json] | None = None) -> HttpResponse:
    """An answer that says what went wrong. `data` becomes members beside the standard ones; they win."""
    body: dict[str, Json] = {
        **(data or {}),
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": redact_opened(detail),
    }
    text = json.dumps(body, ensure_ascii=False, default=str)
    response = HttpResponse(text, status=status, content_type=CONTENT_TYPE)
    if data and data.get(RETRY_AFTER) is not None:
        response["Retry-After"] = str(data[RETRY_AFTER])
    return response
