"""A vendor's errors in the words of the contract (reliability R15). Knows no SDK: each provider says which classes mean what.

408, 409, 429 (with Retry-After), 5xx and lost connections pass; 401 and 403 mean the key; anything else will fail again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx2

from orchestrator.contract.errors import CallError, CallTimeout, TransientCallError, WrongCredentials
from orchestrator.engine.values import BatonError, Json
from orchestrator.providers._clean import clean_text

PASSING = frozenset({408, 409, 429})
WRONG_KEY = frozenset({401, 403})
LONGEST_MESSAGE = 500
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""There was no connection yet: the vendor knows nothing of the call."""
STATUS_OF_TYPE = {
    # "Errors" (Anthropic): the types of an error event in a stream
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
    # "Error codes" and "Responses: the error object" (OpenAI)
    "invalid_prompt": 400,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "invalid_api_key": 401,
}


class UnreadableAnswer(TransientCallError):
    """The vendor's answer was cut off or is not what its protocol says. It is tried again."""

    code = "unreadable_answer"


class TruncatedStream(TransientCallError):
    """The vendor's stream ended without its end marker, so the answer is incomplete. It is tried again."""

    code = "truncated_stream"


class AnswerTooLarge(CallError):
    """The vendor's answer is larger than 80 MiB. Ask for less, or lower max_tokens."""

    code = "answer_too_large"
    is_refusal = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkErrors:
    """The exception classes of one SDK. `secrets` are cut out of every message."""

    vendor: str
    status: type[Exception]
    timeout: type[Exception]
    connection: type[Exception]
    other: type[Exception]
    secrets: tuple[str, ...] = ()


@contextmanager
def translated(sdk: SdkErrors) -> Iterator[None]:
    """Run a call; what the SDK or the transport raises comes out as an error of the contract."""
    try:
        yield
    except sdk.status as error:
        raise _of_response(sdk, error) from error
    except (sdk.timeout, sdk.connection, httpx2.TransportError) as error:
        raise _of_connection(sdk, error) from error
    except sdk.other as error:
        raise UnreadableAnswer(f"{sdk.vendor}: {_shown(sdk, str(error))}") from error


@contextmanager
def readable(vendor: str) -> Iterator[None]:
    """Around code that reads what a vendor sent: whatever is missing or of a wrong kind there is the vendor's doing."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableAnswer(
            f"{vendor} sent an answer that cannot be read ({type(error).__name__}). It is tried again."
        ) from error


def of_event(sdk: SdkErrors, *, kind: str, message: str) -> CallError:
    """The error that an event within a stream, or a failed response, reports after status 200: work had begun."""
    return of_status(sdk, status=STATUS_OF_TYPE.get(kind, 500), message=message or kind, is_refusal=False)


def of_status(
    sdk: SdkErrors,
    *,
    status: int,
    message: str,
    retry_after: float | None = None,
    request_id: str = "",
    is_refusal: bool = True,
) -> CallError:
    """The error for a status of a vendor's answer."""
    said = f"{sdk.vendor} answered {status}: {_shown(sdk, message)}"
    data: dict[str, Json] = {"status": status, "request_id": request_id, "is_refusal": is_refusal}
    if status in PASSING or status >= 500:
        return TransientCallError(said, retry_after=retry_after, **data)
    if status in WRONG_KEY:
        return WrongCredentials(f"{said}. Paste a new key in the connection's settings.", **data)
    return CallError(said, **data)


def retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds to wait: RFC 9110 "Retry-After" as a number or a date (seen from the answer's own Date, where it has one)."""
    value = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        date = headers.get("date")
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError):
        return None


def _of_response(sdk: SdkErrors, error: Exception) -> CallError:
    response: httpx2.Response = getattr(error, "response")  # noqa: B009  (both SDKs' status errors have it)
    request_id = response.headers.get("request-id") or response.headers.get("x-request-id") or ""
    message = str(getattr(error, "message", error))
    if response.status_code < 400:  # an error event in a stream
        return of_event(sdk, kind=str(getattr(error, "type", "")), message=message)
    wait = retry_after(response.headers)
    return of_status(sdk, status=response.status_code, message=message, retry_after=wait, request_id=request_id)


def _of_connection(sdk: SdkErrors, error: BaseException) -> CallError:
    for cause in _causes(error):
        if isinstance(cause, BatonError):  # the guard of outbound
            return CallError(f"{sdk.vendor}: {cause}", cause=cause.code)
    met = next((cause for cause in _causes(error) if isinstance(cause, httpx2.TransportError)), None)
    was_never_sent = isinstance(met, NEVER_SENT)
    if isinstance(error, sdk.timeout | httpx2.TimeoutException):
        return CallTimeout(f"{sdk.vendor} gave no answer in time.", is_refusal=was_never_sent)
    said = f"The connection to {sdk.vendor} was lost: {_shown(sdk, str(error.__cause__ or error))}"
    return TransientCallError(said, is_refusal=was_never_sent)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _shown(sdk: SdkErrors, message: str) -> str:
    for secret in filter(None, sdk.secrets):
        message = message.replace(secret, "***")
    return clean_text(message)[:LONGEST_MESSAGE]
