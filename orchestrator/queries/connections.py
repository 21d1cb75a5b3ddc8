"""The team's connections as its settings show them: provider, models with prices, last test, breaker, and who uses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from orchestrator import prices, registry
from orchestrator.contract.provider import ProviderType
from orchestrator.contract.tool import ConnectionKind
from orchestrator.engine.values import JsonObject
from orchestrator.models import Breaker, Limit, Offer
from orchestrator.queries.needs import Needs, needs_of_team, users_of
from orchestrator.queries.routes import ALIASES, in_order
from teams.access import connection_of
from teams.callers import Caller
from teams.models import Connection
from teams.policy import Action

MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A connection whose calls wait, because too many failed in a row."""

    failures: int
    until: datetime
    is_trying: bool
    """A single call finds out whether it works again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A connection. `is_models`: its provider has models; else it holds a secret for tools."""

    row: Connection
    title: str
    icon: str
    is_models: bool
    models: int
    """How many people may pick from; 0: nothing is known yet."""
    tested_at: datetime | None
    problem: str
    rest: Rest | None
    users: tuple[Needs, ...]
    under_way: int = 0

    @property
    def aliases(self) -> list[tuple[str, str]]:
        """Those that are mapped, in the order in which they are always named."""
        return [(alias, self.row.aliases[alias]) for alias in ALIASES if self.row.aliases.get(alias)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All connections, and what the aliases mean in this team: (alias, connection or None for the demo model, model)."""

    lines: tuple[Line, ...]
    aliases: tuple[tuple[str, Connection | None, str], ...]
    demo_users: tuple[Needs, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of a connection. Prices are dollars for a million tokens; None is unknown."""

    name: str
    title: str
    context: int | None
    abilities: tuple[str, ...]
    price_in: Decimal | None
    price_out: Decimal | None
    is_chosen: bool
    is_listed: bool
    """The provider named it in the last test that worked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One connection with its models, the chosen ones first."""

    line: Line
    kind: ProviderType | ConnectionKind | None
    models: tuple[Model, ...]
    secrets: tuple[tuple[str, datetime], ...]
    """Names, and when they were given."""
    is_choosing: bool
    """Somebody has chosen some of the models."""


def overview(*, by: Caller) -> Overview:
    """Raises NotAllowed."""
    by.demand(Action.edit_connection)
    rows = in_order(team=by.team_id)
    users = users_of(needs_of_team(team=by.team_id), rows)
    offers = Offer.objects.of(by.team_id).in_bulk()
    rests = {one.pk: one for one in Breaker.objects.of(by.team_id).exclude(state="closed")}
    lines = tuple(_line(row, offers.get(row.pk), rests.get(row.pk), users.get(row.pk, ())) for row in rows)
    meant = tuple((alias, *_meant(rows, alias)) for alias in ALIASES)
    return Overview(lines=lines, aliases=meant, demo_users=users.get(0, ()))


def detail(*, by: Caller, connection_id: int, now: datetime) -> Detail:
    """Raises NotAllowed, NotFound."""
    by.demand(Action.edit_connection)
    row = connection_of(by, connection_id)
    offer = Offer.objects.of(by.team_id).filter(pk=row.pk).first()
    breaker = Breaker.objects.of(by.team_id).filter(pk=row.pk).exclude(state="closed").first()
    rows = in_order(team=by.team_id)
    users = users_of(needs_of_team(team=by.team_id), rows).get(row.pk, ())
    used = Limit.objects.of(by.team_id).filter(subject=f"connection:{row.pk}").values_list("used", flat=True).first()
    return Detail(
        line=_line(row, offer, breaker, users, under_way=used or 0),
        kind=registry.connection_kinds().get(row.provider),
        models=tuple(_models(row, offer, now)),
        secrets=tuple(row.secrets.order_by("name").values_list("name", "changed_at")),
        is_choosing=bool(offer and offer.chosen),
    )


def _line(
    row: Connection, offer: Offer | None, rest: Breaker | None, users: tuple[Needs, ...], under_way: int = 0
) -> Line:
    kind = registry.connection_kinds().get(row.provider)
    return Line(
        row=row,
        title=kind.title if kind else row.provider,
        icon=kind.icon if kind else "plug",
        is_models=row.provider in registry.provider_types(),
        models=len(offer.chosen or offer.found) if offer else 0,
        tested_at=offer.tested_at if offer else None,
        problem=offer.problem if offer else "",
        rest=_rest(rest) if rest else None,
        users=users,
        under_way=under_way,
    )


def _rest(row: Breaker) -> Rest:
    return Rest(
        failures=row.failures,
        until=datetime.fromtimestamp(row.due_at, UTC),
        is_trying=row.state == "half_open",
    )


def _meant(rows: Sequence[Connection], alias: str) -> tuple[Connection | None, str]:
    """Who answers an alias."""
    with_models = [row for row in rows if row.provider in registry.provider_types()]
    found = next((row for row in with_models if row.aliases.get(alias)), None)
    return (found, found.aliases[alias]) if found else (None, "demo")


def _models(row: Connection, offer: Offer | None, now: datetime) -> list[Model]:
    listed: Mapping[str, JsonObject] = {one["name"]: one for one in offer.found} if offer else {}
    chosen = set(offer.chosen) if offer else set()
    names = {*listed, *chosen, *filter(None, row.aliases.values())}
    known = [_model(row, name, listed.get(name), is_chosen=name in chosen, now=now) for name in names]
    return sorted(known, key=lambda one: (not one.is_chosen, not one.is_listed, one.name))


def _model(row: Connection, name: str, listed: JsonObject | None, *, is_chosen: bool, now: datetime) -> Model:
    address = str(row.settings.get("base_url") or "")
    price = prices.price_of(provider=row.provider, model=name, at=now, base_url=address)
    told = listed or {}
    return Model(
        name=name,
        title=str(told.get("title") or ""),
        context=told.get("context"),
        abilities=tuple(told.get("abilities") or ()),
        price_in=Decimal(price.input) / MICRO if price else None,
        price_out=Decimal(price.output) / MICRO if price else None,
        is_chosen=is_chosen,
        is_listed=listed is not None,
    )
