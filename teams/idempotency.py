"""A request that is sent twice does its work once: `once` keeps the first answer under the Idempotency-Key.

The key, the work and the answer are one transaction. Of two at the same time, the second waits for the first at the
unique constraint and gets its answer. Work that fails leaves no key, so it can be tried again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from teams.errors import WrongInput
from teams.models import IdempotencyKey
from teams.values import Json

LONGEST = 200
KEPT = timedelta(days=7)


class WrongIdempotencyKey(WrongInput):
    """An Idempotency-Key has 1 to 200 printable ASCII characters."""

    code = "wrong_idempotency_key"


class IdempotencyKeyReused(WrongInput):
    """This Idempotency-Key was used for another request. Send a new key with a new request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the work answered; `is_repeated` where it was done by an earlier request."""

    value: Json
    is_repeated: bool


def once(*, team_id: int, key: str | None, digest: str, make: Callable[[], Json], now: datetime) -> Answer:
    """The answer of `make`, or the one that was kept under the key. Raises IdempotencyKeyReused, WrongIdempotencyKey.

    `make` runs inside the transaction: it changes the database, which is undone if it raises, and nothing else; what
    it returns is stored as JSON. Without a key it just runs. Check the caller's rights before: an answer is repeated
    to whoever sends the same digest, so the digest must name the caller (`request_digest`).
    """
    if key is None:
        return Answer(value=make(), is_repeated=False)
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise WrongIdempotencyKey
    try:
        with transaction.atomic():
            return _first(team_id, key, digest, make, now)
    except _Taken:
        return _kept(team_id, key, digest)


def request_digest(*, caller: str, method: str, path: str, body: bytes) -> str:
    """What makes two requests the same one."""
    head = json.dumps([caller, method, path]).encode()
    return hashlib.sha256(hashlib.sha256(head).digest() + body).hexdigest()


def forget_old_keys(*, now: datetime) -> int:
    """Delete keys that nobody repeats any more, of all teams; how many. For the sweeper's tick."""
    return IdempotencyKey.unscoped.filter(created_at__lt=now - KEPT).delete()[0]


class _Taken(Exception):
    """Another request has the key."""


def _first(team_id: int, key: str, digest: str, make: Callable[[], Json], now: datetime) -> Answer:
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(team_id=team_id, key=key, digest=digest, created_at=now)
    except IntegrityError as error:
        raise _Taken from error
    row.answer = make()
    row.save(update_fields=["answer"])
    return Answer(value=row.answer, is_repeated=False)


def _kept(team_id: int, key: str, digest: str) -> Answer:
    row = IdempotencyKey.objects.of(team_id).get(key=key)
    if row.digest != digest:
        raise IdempotencyKeyReused
    return Answer(value=row.answer, is_repeated=True)
