"""The members of a team as its pages list them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from teams.callers import Caller
from teams.models import Member
from teams.policy import Action, Role

SIZE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A member. `is_awaited`: has never come in. `may_change`: the one who looks may change this member."""

    id: int
    name: str
    email: str
    role: Role
    created_at: datetime
    seen_at: datetime | None
    is_self: bool
    is_awaited: bool
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPage:
    """`next` is the address after which the next page begins; empty on the last one."""

    lines: tuple[MemberLine, ...]
    count: int
    next: str = ""


def members_page(*, by: Caller, wanted: str = "", after: str = "", size: int = SIZE) -> MemberPage:
    """Members by address, those whose name, address or role has the words. Raises NotAllowed."""
    by.demand(Action.see)
    rows = Member.objects.of(by.team_id).select_related("user").order_by("user__email")
    for word in wanted.split():
        rows = rows.filter(Q(user__email__icontains=word) | Q(user__name__icontains=word) | Q(role__icontains=word))
    found = list(rows.filter(user__email__gt=after)[: size + 1])
    is_more, found = len(found) > size, found[:size]
    return MemberPage(
        lines=tuple(member_line(row, by) for row in found),
        count=rows.count(),
        next=found[-1].user.email if is_more else "",
    )


def member_line(member: Member, by: Caller) -> MemberLine:
    """That member as the caller sees them."""
    user, role = member.user, Role(member.role)
    is_reachable = role != Role.owner or by.may(Action.name_owners)
    return MemberLine(
        id=member.pk,
        name=user.name,
        email=user.email,
        role=role,
        created_at=member.created_at,
        seen_at=user.last_login,
        is_self=member.pk == by.member_id,
        is_awaited=user.last_login is None and not user.has_usable_password(),
        may_change=by.may(Action.edit_members) and is_reachable,
    )
