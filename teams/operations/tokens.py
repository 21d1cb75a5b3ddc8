"""API tokens: make one, revoke one, the one of this machine's command line."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from teams.access import token_of
from teams.audit import record
from teams.callers import Caller, operator
from teams.errors import NotFound, WrongInput
from teams.models import ApiToken, Member
from teams.policy import Action, Permission, Role, permissions_of
from teams.tokens import digest_of, new_token, prefix_of

LONGEST_NAME = 100


class WrongTokenName(WrongInput):
    """A token needs a name of at most 100 characters, so that you know later what uses it."""

    code = "wrong_token_name"


class WrongPermissions(WrongInput):
    """A token needs at least one permission, and none that its member's role does not have."""

    code = "wrong_permissions"


class WrongExpiry(WrongInput):
    """A token must expire in the future."""

    code = "wrong_expiry"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token just made. `text` is shown once, to its owner, and stored nowhere."""

    id: int
    text: str


def create_token(
    *, by: Caller, name: str, permissions: Collection[Permission], expires_at: datetime | None, now: datetime
) -> NewToken:
    """A token of the caller's own. `expires_at` None: until it is revoked."""
    by.demand(Action.edit_own_tokens)
    if not name.strip() or len(name) > LONGEST_NAME:
        raise WrongTokenName
    if expires_at is not None and expires_at <= now:
        raise WrongExpiry
    _check(by.role, permissions)
    member = Member.objects.of(by.team_id).filter(pk=by.member_id or 0).first()
    if member is None:
        raise NotFound("Only a member of the team can have a token.")
    with transaction.atomic():
        new = _create(member, name=name.strip(), permissions=permissions, expires_at=expires_at, now=now)
        data = {"name": name.strip(), "permissions": sorted(permissions)}
        record(by=by, action="token.created", subject=prefix_of(new.text), data=data, now=now)
    return new


def revoke_token(*, by: Caller, token_id: int, now: datetime) -> None:
    """The token ends now: one's own, or with an admin's role anybody's. A token that has ended stays so."""
    token = token_of(by, token_id)
    is_own = token.member_id == by.member_id and by.may(Action.edit_own_tokens)
    if not is_own:
        by.demand(Action.see_all_tokens)
    with transaction.atomic():
        if ApiToken.objects.of(by.team_id).filter(pk=token_id, revoked_at=None).update(revoked_at=now):
            record(by=by, action="token.revoked", subject=token.prefix, data={"name": token.name}, now=now)


def local_token(*, member: Member, machine: str, now: datetime) -> NewToken:
    """The token of the `baton` command on that machine, with all that its member may; the earlier one ends."""
    with transaction.atomic():
        earlier = ApiToken.objects.of(member.team_id).filter(
            member=member, is_local=True, name=machine, revoked_at=None
        )
        earlier.update(revoked_at=now)
        permissions = permissions_of(Role(member.role))
        new = _create(member, name=machine, permissions=permissions, expires_at=None, now=now, is_local=True)
        by = operator(member.team_id)
        record(by=by, action="token.created", subject=prefix_of(new.text), data={"name": machine}, now=now)
    return new


def _check(role: Role, permissions: Collection[Permission]) -> None:
    possible = permissions_of(role)
    if not permissions or not set(permissions) <= possible:
        raise WrongPermissions(
            f"As {role} you can give a token these permissions: {', '.join(sorted(possible))}; at least one of them."
        )


def _create(
    member: Member,
    *,
    name: str,
    permissions: Collection[Permission],
    expires_at: datetime | None,
    now: datetime,
    is_local: bool = False,
) -> NewToken:
    text = new_token()
    row = ApiToken.objects.create(
        team_id=member.team_id,
        member=member,
        name=name,
        prefix=prefix_of(text),
        digest=digest_of(text),
        permissions=sorted(permissions),
        is_local=is_local,
        created_at=now,
        expires_at=expires_at,
    )
    return NewToken(id=row.pk, text=text)
