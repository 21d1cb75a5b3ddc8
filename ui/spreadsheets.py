"""Values for files that spreadsheets open. Pure."""

from typing import Any

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Signs with which spreadsheets begin a formula, those of full width too."""


def harmless(value: Any) -> Any:
    """The value for a cell: text that would be computed gets an apostrophe before it. Numbers are left alone."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULAS):
        return f"'{value}"
    return "" if value is None else value
