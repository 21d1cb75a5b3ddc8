"""The forms of limits and budgets. Money is typed in dollars and stored in micro-dollars."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from orchestrator.operations.budgets import UNITS
from orchestrator.queries.allowances import Allowances, BudgetLine, LimitLine
from orchestrator.queries.spending import month_of

MICRO = 1_000_000
LARGEST = 1_000_000_000
LARGEST_BUDGET = 10**12
_UNITS = {"money": _("Dollars"), "tokens": _("Tokens"), "calls": _("Model calls")}


def _number(label: Any, words: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=words, min_value=1, max_value=LARGEST, required=False)


class TeamLimitsForm(forms.Form):
    """What the whole team may do at once."""

    runs = _number(
        _("Runs at once"),
        _("A start above it is refused for now. Runs that wait do not count. Empty: no limit."),
    )
    calls = _number(_("Calls at once"), _("Further calls wait for a free slot; nothing fails. Empty: no limit."))
    per_minute = _number(_("Calls per minute"), _("Over all runs and connections. Empty: no limit."))

    @classmethod
    def of(cls, line: LimitLine) -> "TeamLimitsForm":
        """With what holds now."""
        return cls(initial={"runs": line.runs, "calls": line.calls, "per_minute": line.per_minute})


class WorkflowLimitsForm(TeamLimitsForm):
    """The same for one workflow."""

    field_order = ("workflow", "runs", "calls", "per_minute")
    workflow = forms.ChoiceField(label=_("Workflow"), help_text=_("It holds for all its versions."))

    def __init__(self, *given: Any, names: Iterable[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.auto_id = "workflow_%s"
        field: Any = self.fields["workflow"]
        field.choices = [("", _("Choose a workflow")), *names]


class BudgetForm(forms.Form):
    """How much of what may be used, by whom."""

    subject = forms.ChoiceField(
        label=_("For"), help_text=_("It counts from when it is set. Runs get theirs at their start.")
    )
    unit = forms.ChoiceField(
        label=_("Of what"),
        choices=[(unit, _UNITS[unit]) for unit in UNITS],
        help_text=_("A budget of dollars needs models with known prices; calls to others are refused under it."),
    )
    most = forms.DecimalField(
        label=_("At most"),
        min_value=0,
        max_value=LARGEST_BUDGET,
        max_digits=19,
        decimal_places=6,
        help_text=_(
            "Reserved before each call, so it is never overrun. When it is reached, calls wait and people are asked."
        ),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "inputmode": "decimal"}),
    )

    def __init__(self, *given: Any, allowances: Allowances, now: datetime, **named: Any) -> None:
        super().__init__(*given, **named)
        self.auto_id = "budget_%s"
        field: Any = self.fields["subject"]
        field.choices = _subjects(allowances, now)

    def clean_most(self) -> Decimal:
        most: Decimal = self.cleaned_data["most"]
        if self.cleaned_data.get("unit") != "money" and most != int(most):
            raise forms.ValidationError(_("Tokens and calls are whole numbers."))
        return most

    def amount(self) -> int:
        """In the unit in which it is stored."""
        most: Decimal = self.cleaned_data["most"]
        return round(most * MICRO) if self.cleaned_data["unit"] == "money" else int(most)


def initial_of(line: BudgetLine) -> dict[str, Any]:
    """What the form shows to change a budget."""
    most = f"{(Decimal(line.most) / MICRO).normalize():f}" if line.unit == "money" else str(line.most)
    return {"subject": line.subject, "unit": line.unit, "most": most}


def month_name(text: str) -> str:
    """`November 2026` for 2026-11."""
    return date_format(datetime.strptime(text, "%Y-%m"), "F Y")  # noqa: DTZ007  # a month has no time zone


def _subjects(allowances: Allowances, now: datetime) -> list[tuple[Any, Any]]:
    first = month_of(now)
    months = {f"{at:%Y-%m}" for at in (first, first + timedelta(days=32))}
    months |= {line.month for line in allowances.budgets if line.month}
    team: list[tuple[str, Any]] = [("team", _("The whole team, without end"))]
    team += [
        (f"team:{one}", _now("The whole team, in %(month)s") % {"month": month_name(one)}) for one in sorted(months)
    ]
    workflows = [(f"workflow:{slug}", name) for slug, name in allowances.names]
    groups: list[tuple[Any, Any]] = [(_("Team"), team)]
    return [*groups, (_("One workflow"), workflows)] if workflows else groups
