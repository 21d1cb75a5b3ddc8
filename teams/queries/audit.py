"""The audit log as its page shows it: newest first, by keyset, with filters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from teams.audit import Checked, checked
from teams.callers import Caller
from teams.models import AuditEntry
from teams.policy import Action

SIZE = 50
PIECE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """What is looked for; empty values do not count. `since` and `until` are times, `until` is not included."""

    who: str = ""
    subject: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: beside this entry, which is not on it. None: at the newest."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Entries with what the chain says of each. `newer` and `older` are those beside which the neighbouring pages begin."""

    lines: tuple[tuple[AuditEntry, Checked], ...]
    newer: int | None = None
    older: int | None = None

    @property
    def is_broken(self) -> bool:
        """Whether any of these entries does not fit the chain."""
        return any(state is Checked.broken for _entry, state in self.lines)

    @property
    def linked(self) -> int:
        """How many of them the chain vouches for."""
        return sum(state is Checked.linked for _entry, state in self.lines)


def audit_page(*, by: Caller, filters: AuditFilters, place: Place, size: int = SIZE) -> AuditPage:
    """One page. Raises NotAllowed."""
    rows = _chosen(by, filters)
    if place.after is not None:
        found = list(rows.filter(pk__gt=place.after).order_by("pk")[: size + 1])
    else:
        older = rows if place.before is None else rows.filter(pk__lt=place.before)
        found = list(older.order_by("-pk")[: size + 1])
    is_more, found = len(found) > size, found[:size]
    if place.after is not None:
        found.reverse()
    has_newer = is_more if place.after is not None else place.before is not None
    has_older = place.after is not None or is_more
    return AuditPage(
        lines=tuple(zip(found, checked(found), strict=True)),
        newer=found[0].pk if found and has_newer else None,
        older=found[-1].pk if found and has_older else None,
    )


def all_entries(*, by: Caller, filters: AuditFilters, size: int = PIECE) -> Iterator[list[AuditEntry]]:
    """Everything that fits, the newest first, in pieces. Raises NotAllowed at once."""
    return _pieces(_chosen(by, filters).order_by("-pk"), size)


def _pieces(rows: QuerySet[AuditEntry], size: int) -> Iterator[list[AuditEntry]]:
    found = list(rows[:size])
    while found:
        yield found
        found = list(rows.filter(pk__lt=found[-1].pk)[:size]) if len(found) == size else []


def _chosen(by: Caller, filters: AuditFilters) -> QuerySet[AuditEntry]:
    by.demand(Action.see_audit)
    wanted = Q()
    if filters.who:
        wanted &= Q(user_name__icontains=filters.who)
    if filters.subject:
        wanted &= Q(subject__icontains=filters.subject)
    if filters.action:
        wanted &= Q(action=filters.action)
    if filters.since:
        wanted &= Q(at__gte=filters.since)
    if filters.until:
        wanted &= Q(at__lt=filters.until)
    return AuditEntry.objects.of(by.team_id).filter(wanted)
