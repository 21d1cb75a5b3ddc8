"""Text from outside, fit for every store: without NUL and lone surrogates (security S16)."""

from collections.abc import Mapping

from orchestrator.engine.values import Json

REPLACEMENT = "\ufffd"


def cleaned(value: Json) -> Json:
    """The JSON value with U+FFFD where a text, or a key, held NUL or half of a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\0", REPLACEMENT).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {cleaned(key): cleaned(part) for key, part in value.items()}
    return [cleaned(part) for part in value] if isinstance(value, list | tuple) else value
