"""What htmx tells about a request."""

from django.http import HttpRequest

HEADER = "HX-Request-Type"


def is_partial(request: HttpRequest) -> bool:
    """Whether a fragment is wanted, and not the whole page."""
    return request.headers.get(HEADER) == "partial"
