"""Takes secrets out of text by their value and by their look, before it is logged, stored or shown. Pure.

Not a wall: the wall is that secrets are given to nobody but the client that sends them. This is the net below it.
"""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"
SHORTEST = 6  # shorter values would hide ordinary words

_LOOKS = re.compile(
    r"""
      \b(?:sk|rk|pk)-[A-Za-z0-9_-]{16,}                     # model vendors, payment vendors
    | \bbaton_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{20,}             # our own API tokens
    | \b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abeprs]|hf|npm|pypi)[_-][A-Za-z0-9_-]{16,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    | \bAIza[A-Za-z0-9_-]{30,}
    | \bwhsec_[A-Za-z0-9+/=]{16,}
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}   # a JSON web token
    | -----BEGIN[ ][A-Z ]{0,20}PRIVATE[ ]KEY-----[^-]{0,10000}(?:-----END[ ][A-Z ]{0,20}PRIVATE[ ]KEY-----)?
    """,
    re.VERBOSE,
)
_AFTER_A_NAME = re.compile(
    r"""
    (
        \b(?:proxy-)?authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:bearer|basic|token)?\s{0,3}
      | \bbearer\s{1,3}
      | \b(?:x-)?(?:api[_-]?key|access[_-]?token|client[_-]?secret|secret[_-]?key|password|passwd)["']?\s{0,3}[:=]\s{0,3}["']?
      | ://[^\s/:@]{0,100}:(?=[^\s/@]{1,200}@)
    )
    [^\s"'&,;@}{\[\]]{4,}
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact(text: str, values: Iterable[str] = ()) -> str:
    """The text without those values, however they are written, and without anything that looks like a credential."""
    text = _LOOKS.sub(HIDDEN, hide_values(text, values))
    return _AFTER_A_NAME.sub(lambda found: found[1] + HIDDEN, text)


def hide_values(text: str, values: Iterable[str]) -> str:
    """The text without those values, however they are written."""
    for written in sorted(_written(values), key=len, reverse=True):
        text = text.replace(written, HIDDEN)
    return text


def _written(values: Iterable[str]) -> set[str]:
    """Each value as it is, and as URLs, JSON and basic authentication write it."""
    found: set[str] = set()
    for value in values:
        if len(value) >= SHORTEST:
            as_base64 = base64.b64encode(value.encode()).decode()
            found |= {
                value,
                quote(value, safe=""),
                quote_plus(value),
                json.dumps(value)[1:-1],
                as_base64,
                as_base64.rstrip("="),
            }
    return found
