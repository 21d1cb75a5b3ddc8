"""Payload references: JSON as text up to 32 KB, `@hash` of a stored one above, `#scope` for the list of a scope's items."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from django.conf import settings

from orchestrator.engine.values import BatonError, Json
from orchestrator.store.database import IS_POSTGRES, array, execute

INLINE = 32 * 1024
_CHOSEN = "= ANY(%s)" if IS_POSTGRES else "IN (SELECT value FROM json_each(%s))"
_READ = f"SELECT hash, body FROM payload WHERE run_id = %s AND hash {_CHOSEN}"
_ROWS = "json_to_recordset(%s) AS v(hash text, body text)" if IS_POSTGRES else (
    "(SELECT value->>'hash' AS hash, value->>'body' AS body FROM json_each(%s)) AS v"
)  # fmt: skip
_BYTES = "octet_length(body)" if IS_POSTGRES else "length(CAST(body AS blob))"
_INSERT = f"""
    INSERT INTO payload (run_id, hash, body) SELECT %s, v.hash, v.body FROM {_ROWS} WHERE true
    ON CONFLICT (run_id, hash) DO NOTHING RETURNING {_BYTES}"""
_COUNT = "UPDATE run SET stored = stored + %s WHERE id = %s"
_STORED = "SELECT stored FROM run WHERE id = %s"


class PayloadTooLarge(BatonError):
    """This value is larger than a payload may be. Pass less on, or keep it in a file."""

    code = "payload_too_large"


class RunTooLarge(BatonError):
    """This run has stored as much as a run may. Start a new one that passes less on from step to step, or raise
    BATON_RUN_LIMIT and retry the step."""

    code = "run_too_large"


def encode(value: Json, *, limit: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The reference of a value, and what must be stored for it: nothing, or (hash, body). Raises PayloadTooLarge.

    NUL and lone surrogates cannot be stored (security S16): they become U+FFFD.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return keep(_storable(text), limit=limit)


def keep(text: str, *, limit: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The reference of JSON text."""
    size = len(text.encode())
    if size > limit:
        raise PayloadTooLarge(f"This value has {size:,} bytes; a payload may have {limit:,}.", size=size, limit=limit)
    if size <= INLINE:
        return text, ()
    digest = digest_of(text)
    return f"@{digest}", ((digest, text),)


def digest_of(text: str) -> str:
    """128 bits in 22 characters: requests name their messages by it, so its length counts."""
    return urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=16).digest()).decode().rstrip("=")


def _storable(text: str) -> str:
    if "\\u0000" in text:
        text = text.replace("\\u0000", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def write(run: int, kept: Sequence[tuple[str, str]]) -> None:
    """Store what is not stored yet and count it. What is here is kept: `demand_room` was asked before."""
    size = insert(run, kept)
    if size:
        execute(_COUNT, [size, run])


def insert(run: int, kept: Sequence[tuple[str, str]]) -> int:
    """Store what is not stored yet, in one statement; its bytes, which the caller adds to the run's."""
    if not kept:
        return 0
    rows = [{"hash": digest, "body": body} for digest, body in kept]
    return sum(row[0] for row in execute(_INSERT, [run, json.dumps(rows, ensure_ascii=False)]).fetchall())


def demand_room(*, run: int, size: int) -> None:
    """Raises RunTooLarge where the run must not store so many bytes more. Steps that end at the same moment may pass it
    together; calls are counted exactly."""
    row = execute(_STORED, [run]).fetchone()
    check_room(run, stored=row[0] if row else 0, size=size)


def check_room(run: int, *, stored: int, size: int) -> None:
    """The same, for whoever holds the run's lock and has read what it has stored."""
    limit = settings.BATON_RUN_LIMIT
    if stored + size > limit:
        raise RunTooLarge(
            f"This run has stored {stored:,} bytes and may store {limit:,}; {size:,} more are too many. Start a new run that "
            "passes less on from step to step, or raise BATON_RUN_LIMIT and retry the step.",
            run=run,
            stored=stored,
            limit=limit,
        )


def size_of(*texts: str | None) -> int:
    """Bytes of what stands in a row."""
    return sum(len(text.encode()) for text in texts if text)


def bodies(run: int, references: Sequence[str]) -> dict[str, str]:
    """The text of each reference that is a stored payload."""
    hashes = [reference[1:] for reference in references if reference.startswith("@")]
    if not hashes:
        return {}
    rows = execute(_READ, [run, array(hashes)]).fetchall()
    return {f"@{digest}": body for digest, body in rows}
