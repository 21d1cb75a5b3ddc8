"""What a team spent since a moment, by workflow, model and person: one look at the ledger each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from orchestrator.models import LedgerEntry

MICRO = 1_000_000
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one workflow, model or person used. `more` is the slug, the provider, the address."""

    name: str
    more: str
    cost: Decimal
    calls: int
    tokens: int
    unpriced: int
    """Calls whose price nobody knows: they are not in `cost`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The shares, the largest first, and their sum."""

    shares: tuple[Share, ...]
    cost: Decimal
    calls: int
    tokens: int
    unpriced: int


_WORKFLOW = "run__version__workflow"
_BY: Mapping[str, tuple[str, str, str]] = {
    "workflow": (_WORKFLOW, f"{_WORKFLOW}__name", f"{_WORKFLOW}__slug"),
    "model": ("provider", "model", "provider"),
    "person": ("run__started_by", "run__started_by__name", "run__started_by__email"),
}
"""The columns that tell one share from another, that name it, and that say more."""
WAYS = tuple(_BY)


def month_of(now: datetime) -> datetime:
    """When the month began, in UTC: budgets count the same."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spent(*, team: int, way: str, since: datetime) -> Spent:
    """By `workflow`, `model` or `person`. At most a hundred shares; the sum has all."""
    shares = [_share(row) for row in _grouped(LedgerEntry.objects.of(team).filter(at__gte=since.timestamp()), way)]
    return Spent(
        shares=tuple(shares[:MOST]),
        cost=sum((one.cost for one in shares), Decimal(0)),
        calls=sum(one.calls for one in shares),
        tokens=sum(one.tokens for one in shares),
        unpriced=sum(one.unpriced for one in shares),
    )


def _grouped(rows: QuerySet[LedgerEntry], way: str) -> Iterable[Any]:
    group, name, more = (F(column) for column in _BY[way])
    found = rows.values(group=group, name=name, more=more).annotate(
        total=Sum("cost"),
        calls=Count("pk"),
        read=Sum("tokens_in"),
        written=Sum("tokens_out"),
        unpriced=Count("pk", filter=Q(cost=None)),
    )
    return found.order_by(F("total").desc(nulls_last=True), "-read")


def _share(row: dict[str, Any]) -> Share:
    return Share(
        name=row["name"] or "",
        more=row["more"] or "",
        cost=Decimal(row["total"] or 0) / MICRO,
        calls=row["calls"],
        tokens=(row["read"] or 0) + (row["written"] or 0),
        unpriced=row["unpriced"],
    )
