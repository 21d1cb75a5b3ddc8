"""Budgets and spending in the words and shapes of their page. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from orchestrator.queries.allowances import BudgetLine
from orchestrator.queries.spending import Share, Spent
from orchestrator.views.limit_forms import month_name
from ui.formats import money, tokens

MICRO = 1_000_000
BAR = 200
"""The width of a full bar in its view box."""
STATES: Mapping[str, tuple[Any, str]] = {
    "fine": (gettext_lazy("Enough left"), "circle-check"),
    "nearly": (gettext_lazy("Nearly used"), "triangle-alert"),
    "cheaper": (gettext_lazy("Goes on with the fast model"), "wallet"),
    "reached": (gettext_lazy("Reached"), "wallet"),
    "asked": (gettext_lazy("Waits for a decision"), "user-check"),
    "stopped": (gettext_lazy("Stopped"), "circle-x"),
}
WAYS: Mapping[str, Any] = {
    "workflow": gettext_lazy("Workflow"),
    "model": gettext_lazy("Model"),
    "person": gettext_lazy("Person"),
}
NAMELESS: Mapping[str, Any] = {
    "workflow": gettext_lazy("Deleted runs"),
    "model": gettext_lazy("Unknown model"),
    "person": gettext_lazy("Nobody: API, triggers, deleted runs"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """A budget as a row: its amounts as people read them, and the two parts of its bar."""

    line: BudgetLine
    title: str
    most: str
    spent: str
    reserved: str
    percent: int
    spent_width: float
    reserved_width: float
    word: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """A share of the month's spending, with the width of its bar."""

    share: Share
    name: str
    width: float
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentShown:
    """The month's spending, told apart in one way. Where nothing has a price, bars are of tokens."""

    way: str
    title: str
    month: str
    tabs: tuple[tuple[str, str], ...]
    spent: Spent
    rows: tuple[ShareRow, ...]
    is_money: bool


def budget_rows(lines: Iterable[BudgetLine]) -> list[BudgetRow]:
    """Each budget as its row."""
    return [_row(line) for line in lines]


def spent_shown(spent: Spent, *, way: str, since: datetime) -> SpentShown:
    """The month's spending as its section."""
    is_money = spent.cost > 0
    amounts = [share.cost if is_money else Decimal(share.tokens) for share in spent.shares]
    whole, largest = Decimal(spent.cost if is_money else spent.tokens) or 1, max(amounts, default=Decimal(0)) or 1
    rows = (
        ShareRow(
            share=share,
            name=share.name or str(NAMELESS[way]),
            width=round(float(amount / largest) * BAR, 1),
            percent=round(100 * amount / whole),
        )
        for share, amount in zip(spent.shares, amounts, strict=True)
    )
    return SpentShown(
        way=way,
        title=str(WAYS[way]),
        month=date_format(since, "F Y"),
        tabs=tuple((name, str(title)) for name, title in WAYS.items()),
        spent=spent,
        rows=tuple(rows),
        is_money=is_money,
    )


def _row(line: BudgetLine) -> BudgetRow:
    word, icon = STATES[line.state]
    used, reserved = _share(line.spent, line.most), _share(line.reserved, line.most)
    return BudgetRow(
        line=line,
        title=_title(line),
        most=_amount(line.unit, line.most),
        spent=_amount(line.unit, line.spent),
        reserved=_amount(line.unit, line.reserved) if line.reserved else "",
        percent=round(100 * _share(line.spent, line.most)),
        spent_width=round(used * BAR, 1),
        reserved_width=round(min(reserved, 1 - used) * BAR, 1),
        word=str(word),
        icon=icon,
        tone={"fine": "succeeded", "cheaper": "running", "stopped": "failed"}.get(line.state, "waiting"),
    )


def _share(part: int, whole: int) -> float:
    return min(1.0, part / whole) if whole else 1.0


def _title(line: BudgetLine) -> str:
    if line.name:
        return line.name
    return _("The team in %(month)s") % {"month": month_name(line.month)} if line.month else _("The team")


def _amount(unit: str, amount: int) -> str:
    if unit == "money":
        return money(Decimal(amount) / MICRO)
    if unit == "tokens":
        return _("%(count)s tokens") % {"count": tokens(amount)}
    return ngettext("%(count)d call", "%(count)d calls", amount) % {"count": amount}
