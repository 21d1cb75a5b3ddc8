"""What the filters of the list offer: workflows, people, triggers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from orchestrator.models import Workflow
from teams.callers import Caller
from teams.models import Member

MOST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a list: what is sent, and what people read."""

    value: str
    text: str


TRIGGERS = (
    Choice(value="person", text=gettext_noop("By hand")),
    Choice(value="api", text=gettext_noop("API")),
    Choice(value="command", text=gettext_noop("Command line")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of the lists that depend on the team."""

    workflows: Sequence[Choice]
    people: Sequence[Choice]


def choices(by: Caller) -> Choices:
    """By name; archived workflows too, because their runs are still there."""
    shown = Workflow.objects.of(by.team_id).filter(deleted_at=None)
    workflows = shown.order_by("name", "slug").values_list("slug", "name")[:MOST]
    members = Member.objects.of(by.team_id).select_related("user").order_by("user__name", "user__email")[:MOST]
    return Choices(
        workflows=[Choice(value=slug, text=name) for slug, name in workflows],
        people=[Choice(value=str(member.user_id), text=str(member.user)) for member in members],
    )


def trigger_word(trigger: str) -> str:
    """What people read for a trigger; one that is not known here by its own name."""
    return next((gettext(one.text) for one in TRIGGERS if one.value == trigger), trigger)
