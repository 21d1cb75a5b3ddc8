"""The names that the sprite knows. What else is asked for, say by a plug-in, is drawn as a puzzle piece."""

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

SPRITE = "vendor/icons.svg"
UNKNOWN = "puzzle"
_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)"')


def drawable(name: str) -> str:
    """The name, or that of the puzzle piece."""
    return name if name in known() else UNKNOWN


@cache
def known() -> frozenset[str]:
    """Every name in the sprite; read once, it changes with a release only."""
    found = finders.find(SPRITE)
    return frozenset(_SYMBOL.findall(Path(str(found)).read_text())) if found else frozenset()
