"""Patterns that people and models write, matched in linear time (security S14). The only place where they are compiled."""

from functools import lru_cache

import re2

from orchestrator.engine.values import BatonError, Json

LONGEST = 1000


class WrongPattern(BatonError):
    """This is no pattern that can be used. Write a regular expression in RE2's syntax (no look-around, no back references)."""

    code = "wrong_pattern"


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Raises WrongPattern."""
    return compiled(pattern).search(text) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Json:
    """The pattern as re2 holds it. Raises WrongPattern."""
    if len(pattern) > LONGEST:
        raise WrongPattern(f"A pattern has at most {LONGEST} characters; this one has {len(pattern)}.")
    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        said = error.args[0]
        why = said.decode() if isinstance(said, bytes) else str(said)
        raise WrongPattern(f"The pattern {pattern!r} cannot be used: {why}. Write it in RE2's syntax.") from None


def _options() -> Json:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    return options
