"""How API tokens and one-time links look and are hashed. Pure: no Django, no database.

They are 256 random bits, so one round of SHA-256 is enough: there is nothing to guess.
"""

import hashlib
import hmac
import secrets
import string

PREFIX = 8
_LETTERS = string.ascii_lowercase + string.digits
_NOBODY = hashlib.sha256(secrets.token_bytes(32)).hexdigest()


def new_token() -> str:
    """A token, `baton_PREFIX_SECRET`: searchable where it leaks, and its prefix may be shown."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(PREFIX))
    return f"baton_{prefix}_{secrets.token_urlsafe(32)}"


def new_link_secret() -> str:
    """The secret part of a one-time link's address."""
    return secrets.token_urlsafe(32)


def prefix_of(token: str) -> str:
    """The part that is looked up by; empty where this is no token."""
    parts = token.split("_", 2)
    is_token = len(parts) == 3 and parts[0] == "baton" and len(parts[1]) == PREFIX and token.isascii()
    return parts[1] if is_token else ""


def digest_of(secret: str) -> str:
    """What is stored instead of the secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def is_same(secret: str, digest: str | None) -> bool:
    """Whether the secret is the one that was stored; takes as long where nothing was."""
    return hmac.compare_digest(digest_of(secret), digest or _NOBODY)
