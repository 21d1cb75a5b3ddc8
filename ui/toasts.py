"""Short messages at the corner of the page, sent along with the answer to an htmx request.

A full page shows Django's messages in the same place; this is for partial answers, which do not render that place.
"""

import json

from django.http import HttpResponse

TONES = ("success", "info", "warning", "error")
HEADER = "HX-Trigger"


def toast(
    response: HttpResponse,
    *,
    text: str,
    tone: str = "success",
    undo_url: str = "",
    seconds: int = 6,
) -> HttpResponse:
    """Let the page show `text`. An error stays until it is closed; `undo_url` is posted to by a button Undo."""
    event = {"text": text, "tone": tone, "undo": undo_url, "seconds": seconds}
    events = {**json.loads(response.get(HEADER, "{}")), "baton:toast": event}
    response[HEADER] = json.dumps(events)
    return response
