"""Secrets at rest: AES-GCM under a ring of keys, bound to their team and row. Pure: knows neither Django nor the database.

A secret that is copied into another row or another team's row does not open. The first key writes, all keys read.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from teams.values import TeamsError

NONCE = 12


class UnreadableSecret(TeamsError):
    """This secret cannot be opened. Store it anew, or add the earlier BATON_SECRET to BATON_OLD_SECRETS."""

    code = "unreadable_secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A secret as it is stored: which key sealed it, and the nonce with the sealed bytes."""

    key_id: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Key:
    """One key of the ring; its id says nothing about it."""

    id: str
    secret: bytes


class KeyRing:
    """The present key and those before it."""

    def __init__(self, phrases: Sequence[str]) -> None:
        """`phrases`: the server's secrets, the present one first, at least one."""
        self._keys = [_key(phrase) for phrase in phrases]

    @property
    def present(self) -> str:
        """The id of the key that writes."""
        return self._keys[0].id

    def seal(self, value: str, *, team_id: int, row_id: str) -> Sealed:
        """The value, sealed for that row of that team by the present key."""
        nonce = os.urandom(NONCE)
        sealed = AESGCM(self._keys[0].secret).encrypt(nonce, value.encode(), _place(team_id, row_id))
        return Sealed(key_id=self.present, data=nonce + sealed)

    def open(self, sealed: Sealed, *, team_id: int, row_id: str) -> str:
        """The value. Raises UnreadableSecret where the key is gone, or the bytes are not those of this row."""
        for key in self._keys:
            if key.id == sealed.key_id:
                return _opened(key, sealed.data, _place(team_id, row_id))
        raise UnreadableSecret(key_id=sealed.key_id)


def _key(phrase: str) -> Key:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"baton secrets 1").derive(phrase.encode())
    return Key(id=hashlib.sha256(b"id" + derived).hexdigest()[:12], secret=derived)


def _place(team_id: int, row_id: str) -> bytes:
    return f"team {team_id} secret {row_id}".encode()


def _opened(key: Key, data: bytes, place: bytes) -> str:
    try:
        return AESGCM(key.secret).decrypt(data[:NONCE], data[NONCE:], place).decode()
    except InvalidTag:
        raise UnreadableSecret(key_id=key.id) from None
