"""What the tools that call the web have in common: one request, its failures in words that a model understands."""

from collections.abc import Mapping

import httpx2

from orchestrator.contract.errors import CallTimeout, ToolRefused, TransientCallError, UnknownOutcome
from orchestrator.contract.tool import ToolContext
from orchestrator.engine.values import BatonError

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that may be sent twice (RFC 9110, 9.2.2)."""


async def send(
    context: ToolContext,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> httpx2.Response:
    """The response, whatever its status. Raises ToolRefused where the address cannot be called, TransientCallError where
    the connection was lost and the request may be sent again, UnknownOutcome where it may not."""
    try:
        return await context.http.request(method, url, headers=dict(headers or {}), content=content)
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
        raise ToolRefused(f"{url[:200]!r} cannot be called: {error}. Use a whole http or https address.") from None
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise ToolRefused(f"{url[:200]!r} could not be reached: {error}") from None
    except httpx2.TransportError as error:
        raise _lost(error, method, url) from None


def _lost(error: httpx2.TransportError, method: str, url: str) -> BatonError:
    if isinstance(error, BatonError) and not isinstance(error, httpx2.TimeoutException):
        return ToolRefused(str(error))
    if method not in REPEATABLE:
        return UnknownOutcome(
            f"No answer to {method} {url[:200]}: {error}. It may have been carried out; look there first."
        )
    kind = CallTimeout if isinstance(error, httpx2.TimeoutException) else TransientCallError
    return kind(f"No complete answer from {url[:200]}: {error}")


async def fetch(context: ToolContext, url: str) -> httpx2.Response:
    """What lies at the address. Raises ToolRefused where it answers with anything but success."""
    response = await send(context, "GET", url)
    if not response.is_success:
        raise ToolRefused(f"{url[:200]} answered {response.status_code} {response.reason_phrase}. Try another address.")
    return response
