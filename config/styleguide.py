"""/styleguide: each component in each state, on one page. With DEBUG only; it shows made-up data and reads none."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.contrib.messages import constants
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orchestrator.contract.json_schema import problems_of
from orchestrator.queries.words import Waited, Word, run_word, step_word
from ui.schema_forms import SchemaForm

RUNS = ("queued", "running", "waiting", "paused", "failing", "failed", "succeeded", "cancelled")
REASONS = ("output", "input", "budget", "incident", "retry", "timer", "event", "limit", "scope")
PARTS = ("type", "statuses", "buttons", "cards", "tables", "schema", "forms", "data", "overlays", "states")
JSON = {
    "ticket": {
        "id": 4821,
        "text": "Our checkout fails on Safari 18.",
        "is_urgent": True,
        "tags": ["billing", "safari"],
    },
    "matches": [{"id": 17, "score": 0.92}, {"id": 3, "score": 0.41}],
    "assignee": None,
}
BEFORE = "Thank you for the details. We could not reproduce the problem yet."
AFTER = "Thank you for the screenshots. We have found the problem, and mend it today."
MARKDOWN = """## Refund

We refund **the whole order** of *10 November*. What you do:

1. Keep the parcel.
2. Answer with your `order number`.

| Item | Amount |
| --- | --- |
| Soil sensor | 24.90 |

> No label is needed.
"""
SCHEMA = {
    "type": "object",
    "required": ["message", "priority", "orders"],
    "properties": {
        "message": {"type": "string", "title": "Message", "description": "What the customer wrote", "maxLength": 20000},
        "customer": {
            "type": "string",
            "title": "Customer number",
            "default": "C-1001",
            "pattern": "^C-[0-9]+$",
            "maxLength": 9,
        },
        "priority": {"type": "string", "title": "Priority", "enum": ["low", "normal", "high"], "default": "normal"},
        "limit": {"type": "number", "title": "Refund up to", "minimum": 0, "maximum": 500},
        "is_urgent": {"type": "boolean", "title": "Answer today"},
        "tags": {"type": "array", "title": "Tags", "items": {"type": "string", "maxLength": 20}},
        "orders": {
            "type": "array",
            "title": "Orders",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["number"],
                "properties": {
                    "number": {"type": "integer", "title": "Number", "minimum": 1},
                    "note": {"type": "string", "title": "Note", "maxLength": 80},
                },
            },
        },
        "invoice": {"type": "string", "format": "file", "title": "Invoice", "description": "PDF or image, up to 25 MB"},
    },
}


class Example(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="People see it in lists.", max_length=40)
    description = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    queue = forms.ChoiceField(choices=[("leads", "Support leads"), ("all", "Everybody")])
    month = forms.DecimalField(label="Budget per month", min_value=0, required=False)
    notify = forms.BooleanField(label="Tell me when a run finishes", required=False)
    days = forms.MultipleChoiceField(
        choices=[("mon", "Monday"), ("fri", "Friday")], widget=forms.CheckboxSelectMultiple, required=False
    )
    attachment = forms.FileField(required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the sample table."""

    number: int
    workflow: str
    word: Word
    seconds: float
    tokens: int
    cost: str
    minutes_ago: int

    @property
    def at(self) -> object:
        """When it began."""
        return timezone.now() - timedelta(minutes=self.minutes_ago)


@require_http_methods(["GET", "HEAD", "POST"])
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page; posting its schema form shows errors, or adds and drops rows."""
    return render(request, "styleguide/page.html", {**_data(), **_forms(request)})


def _forms(request: HttpRequest) -> dict[str, object]:
    is_posted = request.method == "POST"
    schema = SchemaForm(
        SCHEMA,
        problems=problems_of,
        data=request.POST if is_posted else None,
        files=request.FILES if is_posted else None,
    )
    return {
        "good": Example(initial={"name": "Support reply"}),
        "bad": Example({"bad-name": "", "bad-queue": "leads", "bad-month": "-3"}, prefix="bad"),
        "schema_form": schema,
        "is_valid": is_posted and not schema.is_rearranged and schema.is_valid(),
    }


def _data() -> dict[str, object]:
    now = timezone.now()
    waited = Waited(event="invoice.paid", due_at=now.timestamp() + 12)
    reasons = [step_word(status="waiting", reason=one, waited=waited, now=now.timestamp()) for one in REASONS]
    return {
        "parts": PARTS,
        "run_words": [run_word(status) for status in RUNS],
        "step_words": [*reasons, step_word(status="skipped"), step_word(status="failed", error="call_timeout")],
        "rows": _rows(),
        "json": JSON,
        "before": BEFORE,
        "after": AFTER,
        "json_after": {**JSON, "assignee": "Ada", "matches": JSON["matches"][:1]},  # type: ignore[index]  # a list
        "markdown": MARKDOWN,
        "line": [3.2, 2.9, 4.1, 3.0, 7.8, 3.3, 2.7, 2.9, 3.1, 2.2],
        "days": [1, 1, 0.8, None, 0.4, 1, 1],
        "now": now,
        "later": now + timedelta(hours=2, minutes=5),
        "old": now - timedelta(days=3),
        "levels": [SimpleNamespace(level_tag=name) for name in constants.DEFAULT_TAGS.values()],
    }


def _rows() -> list[Row]:
    return [
        Row(
            number=128,
            workflow="Support reply",
            word=run_word("running"),
            seconds=3.4,
            tokens=1204,
            cost="0.0041",
            minutes_ago=0,
        ),
        Row(
            number=127,
            workflow="News article",
            word=run_word("waiting"),
            seconds=730,
            tokens=48210,
            cost="0.2150",
            minutes_ago=12,
        ),
        Row(
            number=126,
            workflow="Support reply",
            word=run_word("succeeded"),
            seconds=22,
            tokens=9120,
            cost="0.0310",
            minutes_ago=95,
        ),
        Row(
            number=125,
            workflow="Summarise documents",
            word=run_word("failed"),
            seconds=0.4,
            tokens=0,
            cost="0",
            minutes_ago=4000,
        ),
    ]
