"""Where reviews go: the queue of that name, or the default one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from orchestrator.engine.notices import VersionPublished
from reviews.errors import WrongQueue
from reviews.models import Queue
from reviews.policy import MOST_UNDO_SECONDS
from teams import audit
from teams.callers import Caller
from teams.models import Member
from teams.policy import Action

DEFAULT = "default"
LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """What can be set. `members` are ids of members of the team, None: every member belongs to it."""

    slug: str
    name: str
    instructions: str = ""
    members: Sequence[int] | None = None
    undo_seconds: int = 10
    reason_required: bool = False


def queue_for(*, team: int, slug: str) -> tuple[Queue, str]:
    """The queue, and a note where there is none of that name: then it is the default one, made at its first use."""
    found = {queue.slug: queue for queue in Queue.objects.of(team).filter(slug__in=[slug, DEFAULT])}
    if slug in found:
        return found[slug], ""
    note = "" if slug == DEFAULT else f"There is no queue {slug!r}; it went to the default one."[:300]
    return found.get(DEFAULT) or default_queue(team), note


def default_queue(team: int) -> Queue:
    """Every member belongs to it. Two runs may need it at the same moment: one of them makes it."""
    rows = [Queue(team_id=team, slug=DEFAULT, name="Default")]
    Queue.objects.bulk_create(rows, ignore_conflicts=True)
    return Queue.objects.of(team).get(slug=DEFAULT)


def make_queues(published: VersionPublished) -> None:
    """The queues that a new version names and the team has not: every member belongs to them until somebody says otherwise."""
    rows = [Queue(team_id=published.team, slug=slug, name=_name_of(slug)) for slug in sorted(published.queues)]
    Queue.objects.bulk_create([row for row in rows if _is_slug(row.slug)], ignore_conflicts=True)


def _name_of(slug: str) -> str:
    return slug.replace("-", " ").replace("_", " ").strip().capitalize()


def _is_slug(text: str) -> bool:
    return text.replace("-", "").replace("_", "").isalnum() and len(text) <= LONGEST


def save_queue(*, by: Caller, settings: QueueSettings, now: datetime) -> Queue:
    """Make the queue of that slug, or change it. Raises NotAllowed, WrongQueue."""
    by.demand(Action.edit_queue)
    _check(settings)
    values = {
        "name": settings.name,
        "instructions": settings.instructions,
        "is_restricted": settings.members is not None,
        "undo_seconds": settings.undo_seconds,
        "reason_required": settings.reason_required,
    }
    with transaction.atomic():
        queue = Queue.objects.of(by.team_id).filter(slug=settings.slug).first()
        queue = queue or Queue.objects.create(team_id=by.team_id, slug=settings.slug, name=settings.name)
        Queue.objects.of(by.team_id).filter(pk=queue.pk).update(**values)
        queue.members.set(_members(by, settings.members or ()))
        data = {**values, "members": list(settings.members or ())}
        audit.record(by=by, action="queue_saved", subject=f"queue:{settings.slug}", data=data, now=now)
    queue.refresh_from_db()
    return queue


def _check(settings: QueueSettings) -> None:
    if not settings.name.strip() or not settings.slug.replace("-", "").replace("_", "").isalnum():
        raise WrongQueue("A queue has a name, and a slug of letters, digits, hyphens and underscores.")
    if len(settings.slug) > LONGEST or len(settings.name) > LONGEST:
        raise WrongQueue("The name and the slug of a queue have at most 100 characters.")
    if not 0 <= settings.undo_seconds <= MOST_UNDO_SECONDS:
        raise WrongQueue(f"Decisions can be undone for 0 to {MOST_UNDO_SECONDS} seconds.")


def _members(by: Caller, wanted: Sequence[int]) -> list[Member]:
    found = list(Member.objects.of(by.team_id).filter(pk__in=wanted))
    missing = sorted(set(wanted) - {member.pk for member in found})
    if missing:
        raise WrongQueue(f"There is no member {missing[0]} in this team.", members=missing)
    return found
