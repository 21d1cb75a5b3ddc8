"""What no store or queue can hold is replaced at the providers' border: NUL and lone surrogates become U+FFFD (security S16)."""

from collections.abc import Mapping

from orchestrator.engine.values import Json


def clean_text(text: str) -> str:
    """The text with halves of pairs joined, and what is left of NUL and lone surrogates replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "\ufffd") if "\0" in text else text


def clean(value: Json) -> Json:
    """The same for every text in a JSON value, keys included."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [clean(part) for part in value]
    return value
