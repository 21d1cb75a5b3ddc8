"""By which ways a person can come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn

from teams.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey or security key. `is_passkey`: it signs in by itself, without a password."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None
    is_passkey: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysIn:
    """What a person has set up. `codes` are the recovery codes that are left; None: there are none."""

    has_password: bool
    passkeys: Sequence[Passkey] = ()
    has_app: bool = False
    codes: int | None = None

    @property
    def is_enough(self) -> bool:
        """Whether they can come in again without a link."""
        return self.has_password or any(key.is_passkey for key in self.passkeys)


def ways_in(user: User) -> WaysIn:
    """One query."""
    found = list(Authenticator.objects.filter(user=user).order_by("pk"))
    codes = next((one for one in found if one.type == Authenticator.Type.RECOVERY_CODES), None)
    return WaysIn(
        has_password=user.has_usable_password(),
        passkeys=[_passkey(one) for one in found if one.type == Authenticator.Type.WEBAUTHN],
        has_app=any(one.type == Authenticator.Type.TOTP for one in found),
        codes=len(codes.wrap().get_unused_codes()) if codes else None,
    )


def _passkey(one: Authenticator) -> Passkey:
    key = WebAuthn(one)
    return Passkey(
        id=one.pk,
        name=key.name,
        created_at=one.created_at,
        last_used_at=one.last_used_at,
        is_passkey=bool(key.is_passwordless),
    )
