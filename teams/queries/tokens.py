"""API tokens as the page lists them: one's own, and for admins everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from teams.callers import Caller
from teams.models import ApiToken
from teams.policy import Action, Permission

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine:
    """A token without its secret. `is_over`: it has expired or was revoked."""

    id: int
    name: str
    prefix: str
    member: str
    is_own: bool
    is_local: bool
    permissions: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    is_over: bool


def tokens(*, by: Caller, now: datetime, with_ended: bool = False) -> Sequence[TokenLine]:
    """The newest first. Raises NotAllowed."""
    by.demand(Action.edit_own_tokens)
    rows = ApiToken.objects.of(by.team_id).select_related("member__user").order_by("-pk")
    if not by.may(Action.see_all_tokens):
        rows = rows.filter(member=by.member_id or 0)
    if not with_ended:
        rows = rows.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    return [_line(row, by, now) for row in rows[:MOST]]


def _line(row: ApiToken, by: Caller, now: datetime) -> TokenLine:
    times = ("created_at", "expires_at", "last_used_at", "revoked_at")
    return TokenLine(
        id=row.pk,
        name=row.name,
        prefix=row.prefix,
        member=str(row.member.user),
        is_own=row.member_id == by.member_id,
        is_local=row.is_local,
        permissions=tuple(sorted(Permission(name) for name in row.permissions)),
        is_over=row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now),
        **{name: getattr(row, name) for name in times},
    )
