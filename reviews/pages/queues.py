"""The queues as their page shows them, and the form that changes one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviews import queries
from reviews.models import Queue
from reviews.operations.queues import QueueSettings
from reviews.policy import MOST_UNDO_SECONDS
from reviews.queries import QueueCount
from teams.access import found
from teams.callers import Caller
from teams.models import Member

EVERYBODY, CHOSEN = "everybody", "chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A queue with the names of its members (none: everybody) and what waits there."""

    queue: Queue
    members: tuple[str, ...]
    count: QueueCount


def read_queues(*, by: Caller, now: datetime) -> tuple[Line, ...]:
    """All queues of the team, by name."""
    counts = {one.slug: one for one in queries.count_queues(by=by, now=now)}
    rows = Queue.objects.of(by.team_id).prefetch_related("members__user").order_by("name", "slug")
    return tuple(
        Line(
            queue=row,
            members=tuple(str(member.user) for member in row.members.all()) if row.is_restricted else (),
            count=counts.get(row.slug, QueueCount(slug=row.slug, name=row.name)),
        )
        for row in rows
    )


def queue_of(*, by: Caller, slug: str) -> Queue:
    """Raises NotFound."""
    return found(Queue.objects, by, slug=slug)


class QueueForm(forms.Form):
    """How a queue is to be. Its short name is made of its name, once."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        help_text=gettext_lazy(
            "Shown with every review that brings none of its own: what to look at, and by which rule."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    who = forms.ChoiceField(
        label=gettext_lazy("Who decides"),
        choices=[(EVERYBODY, gettext_lazy("Every member of the team")), (CHOSEN, gettext_lazy("Only these members"))],
        widget=forms.RadioSelect,
    )
    members = forms.MultipleChoiceField(
        label=gettext_lazy("Members"), required=False, widget=forms.CheckboxSelectMultiple
    )
    undo_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds to undo"),
        help_text=gettext_lazy("For so long a decision on the page can be taken back before the run goes on."),
        min_value=0,
        max_value=MOST_UNDO_SECONDS,
    )
    reason_required = forms.BooleanField(label=gettext_lazy("A rejection needs a reason"), required=False)

    def __init__(self, data: Any = None, *, by: Caller, queue: Queue | None = None) -> None:
        chosen = [str(pk) for pk in queue.members.values_list("pk", flat=True)] if queue else []
        initial = {"who": CHOSEN if queue and queue.is_restricted else EVERYBODY, "members": chosen}
        names = ("name", "instructions", "undo_seconds", "reason_required")
        kept = {name: getattr(queue, name) for name in names} if queue else {"undo_seconds": 10}
        super().__init__(data, initial={**initial, **kept})
        self.queue = queue
        rows = Member.objects.of(by.team_id).select_related("user").order_by("user__name", "user__email")
        self.taken = set(Queue.objects.of(by.team_id).values_list("slug", flat=True))
        self.fields["members"].choices = [(str(row.pk), f"{row.user} ({row.role})") for row in rows]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("who") == CHOSEN and not found.get("members"):
            self.add_error("members", _("Choose at least one member, else nobody could decide here."))
        if self.queue is None and found.get("name"):
            slug = slugify(found["name"])[:100]
            if not slug:
                self.add_error("name", _("Use at least one letter or digit: workflows name the queue by it."))
            elif slug in self.taken:
                self.add_error("name", _("There is a queue of that name. Choose another one."))
        return found

    def settings(self) -> QueueSettings:
        """What a valid form says."""
        said = self.cleaned_data
        return QueueSettings(
            slug=self.queue.slug if self.queue else slugify(said["name"])[:100],
            name=said["name"].strip(),
            instructions=said["instructions"].strip(),
            members=[int(one) for one in said["members"]] if said["who"] == CHOSEN else None,
            undo_seconds=said["undo_seconds"],
            reason_required=said["reason_required"],
        )
