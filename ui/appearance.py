"""How one browser shows pages: light or dark, and whether single letters are keys. Kept in cookies, so nothing flashes.

The page is rendered with the choice on its first element; no script decides anything before the first paint.
"""

from collections.abc import Mapping

from django.http import HttpRequest

THEMES = ("auto", "light", "dark")
KEYS = ("on", "off")
CHOICES: Mapping[str, tuple[str, ...]] = {"theme": THEMES, "keys": KEYS}
"""What can be chosen, under the names of cookies (with `baton_` before) and of the page's attributes (with `data-`)."""
YEAR = 31_536_000


def appearance(request: HttpRequest) -> dict[str, str]:
    """Context processor: `theme` and `letter_keys` for every template."""
    return {"theme": _chosen(request, "theme"), "letter_keys": _chosen(request, "keys")}


def cookie_name(choice: str) -> str:
    """The cookie that holds a choice."""
    return f"baton_{choice}"


def _chosen(request: HttpRequest, choice: str) -> str:
    found = request.COOKIES.get(cookie_name(choice), "")
    return found if found in CHOICES[choice] else CHOICES[choice][0]
