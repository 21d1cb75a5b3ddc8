"""The secrets that this process has opened, so that they can be taken out of what it writes. No Django: logging needs it
before Django is up."""

from teams.redaction import hide_values, redact

_opened: set[str] = set()


def remember(value: str) -> None:
    """This value must not be written anywhere."""
    _opened.add(value)


def hide_opened(text: str) -> str:
    """The text without any secret that this process has opened. What only looks like one stays: it may be somebody's data."""
    return hide_values(text, _opened)


def redact_opened(text: str) -> str:
    """The text without any secret that this process has opened, and without what looks like one."""
    return redact(text, _opened)
