"""Which colours a status has. The words and icons come from the one table of the product; its icons lead to a tone here.

Pure. A page never shows a tone alone: `{% pill word %}` draws the icon, the word and the tint together.
"""

from collections.abc import Mapping
from typing import Protocol

TONES: Mapping[str, str] = {
    "circle-dashed": "queued",
    "circle-pause": "queued",
    "circle-slash": "queued",
    "ban": "queued",
    "clock": "queued",
    "hourglass": "queued",
    "loader-circle": "running",
    "rotate-cw": "running",
    "user-check": "waiting",
    "user-pen": "waiting",
    "wallet": "waiting",
    "shield-alert": "waiting",
    "triangle-alert": "waiting",
    "circle-check": "succeeded",
    "check": "succeeded",
    "circle-x": "failed",
    "circle-alert": "failed",
}
"""Tone by icon: queued, running, waiting, succeeded, failed. Skipped, cancelled and paused have the colours of queued."""
SPINNING = frozenset({"loader-circle"})


class Word(Protocol):
    """What a status is called and drawn as; orchestrator.queries.words gives such values for runs and steps."""

    @property
    def text(self) -> str: ...
    @property
    def icon(self) -> str: ...


def tone(icon: str) -> str:
    """The tone that belongs to an icon of a status."""
    return TONES.get(icon, "queued")
