"""The list of a team's workflows with what has become of them lately: a fixed number of queries, however many there are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from orchestrator.models import Limit, Run, Tag, Version, Workflow
from orchestrator.queries.runs import RunRow, moment, run_row
from orchestrator.queries.words import Word, run_word

DAYS, DAY = 7, 86_400
MOST = 200
ENDED = ("succeeded", "failed")
"""What counts for the share of success; who cancels a run says nothing about the workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows; an empty one shows everything that is not put away."""

    text: str = ""
    tag: str = ""
    owner: int | None = None
    is_archived: bool = False
    """Those that are put away, and those that were deleted less than a day ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The newest run of a workflow."""

    id: int
    word: Word
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How runs ended, by day, today last: how many succeeded and how many failed."""

    succeeded: tuple[int, ...] = (0,) * DAYS
    failed: tuple[int, ...] = (0,) * DAYS

    @property
    def ended(self) -> int:
        return sum(self.succeeded) + sum(self.failed)

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 means all; None where nothing has ended."""
        return int(100 * sum(self.succeeded) / self.ended) if self.ended else None

    @property
    def shares(self) -> list[float | None]:
        """Each day's share of success; None where nothing ended."""
        return [
            good / (good + bad) if good + bad else None for good, bad in zip(self.succeeded, self.failed, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRow:
    """A workflow in the list."""

    id: int
    slug: str
    name: str
    description: str
    tags: tuple[str, ...]
    newest: int | None
    """The number of its newest version."""
    edited_at: datetime
    edited_by: str
    archived_at: datetime | None
    deleted_at: datetime | None
    last: LastRun | None
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """By name; `next` is the workflow after which the next page begins."""

    rows: tuple[WorkflowRow, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters offer: tags, and who made a workflow (id and name)."""

    tags: Sequence[str]
    owners: Sequence[tuple[int, str]]


def page_of_workflows(*, team: int, filters: Filters, after: int | None, size: int, since: float) -> Page:
    """`since` is the midnight with which the first of the seven days begins, in seconds since the epoch."""
    found = list(_beyond(_chosen(team, filters), team, after)[: min(size, MOST) + 1])
    rows = found[: min(size, MOST)]
    ids = [workflow.pk for workflow in rows]
    newest, last, records = _newest(team, ids), _last_runs(team, ids), records_of(team=team, workflows=ids, since=since)
    return Page(
        rows=tuple(_row(one, newest.get(one.pk), last.get(one.pk), records.get(one.pk)) for one in rows),
        next=rows[-1].pk if len(found) > len(rows) else None,
    )


def choices_of(*, team: int) -> Choices:
    """Tags and makers of the workflows that are there."""
    shown = Workflow.objects.of(team).filter(is_hidden=False, deleted_at=None)
    tags = Tag.objects.of(team).filter(workflow__in=shown.values("pk")).order_by("name")
    owners = shown.exclude(created_by=None).order_by("created_by__name", "created_by__email")
    named = owners.values_list("created_by", "created_by__name", "created_by__email").distinct()
    return Choices(
        tags=list(tags.values_list("name", flat=True).distinct()[:MOST]),
        owners=[(identity, name or email) for identity, name, email in named[:MOST] if identity],
    )


def count_put_away(*, team: int) -> int:
    """How many are archived, or deleted and not yet removed."""
    return _put_away(Workflow.objects.of(team).filter(is_hidden=False)).count()


def records_of(*, team: int, workflows: Collection[int], since: float) -> Mapping[int, Record]:
    """How runs of these workflows ended in the seven days from `since`. Read from the index `run_kept` alone, so a team with
    many runs waits no longer: hence by version, and without the team, whose versions these are."""
    found = Version.objects.of(team).filter(workflow__in=workflows)
    versions = dict(found.values_list("pk", "workflow"))
    ended = Run.unscoped.filter(version__in=versions, status__in=ENDED, finished_at__gte=since).order_by()
    days = {f"day{day}": _ended_on(day, since) for day in range(DAYS)}
    grouped = ended.values_list("version", "status").annotate(**days)
    counts: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * DAYS)
    for version, status, *numbers in grouped:
        place = versions[version], status
        counts[place] = [before + number for before, number in zip(counts[place], numbers, strict=True)]
    return {
        workflow: Record(succeeded=tuple(counts[workflow, "succeeded"]), failed=tuple(counts[workflow, "failed"]))
        for workflow in {workflow for workflow, _ in counts}
    }


def _ended_on(day: int, since: float) -> Count:
    """The number of those that ended on that day; the last one is not over yet."""
    begin, end = since + day * DAY, since + (day + 1) * DAY
    is_on = Q(finished_at__gte=begin) if day == DAYS - 1 else Q(finished_at__gte=begin, finished_at__lt=end)
    return Count("pk", filter=is_on)


def recent_runs(*, team: int, workflow: int, limit: int) -> list[RunRow]:
    """The newest first."""
    versions = list(Version.objects.of(team).filter(workflow=workflow).values_list("pk", flat=True))
    rows = Run.objects.of(team).select_related("version__workflow", "started_by").defer("version__document", "input")
    return [run_row(run) for run in rows.filter(version__in=versions).order_by("-pk")[: min(limit, MOST)]]


def runs_at_once(*, team: int, subject: str) -> int | None:
    """The limit that has this subject (orchestrator.operations.starting.runs_subject), if there is one."""
    return Limit.objects.of(team).filter(subject=subject).values_list("capacity", flat=True).first()


def deleted_name(*, team: int, workflow: int) -> str:
    """The name of a workflow that was deleted and can still be brought back; else an empty text."""
    found = Workflow.objects.of(team).filter(pk=workflow, deleted_at__isnull=False)
    return found.values_list("name", flat=True).first() or ""


def _chosen(team: int, filters: Filters) -> QuerySet[Workflow]:
    found = Workflow.objects.of(team).filter(is_hidden=False)
    found = _put_away(found) if filters.is_archived else found.filter(archived_at=None, deleted_at=None)
    for word in filters.text.split():
        tagged = Tag.objects.of(team).filter(name__icontains=word)
        named = Q(name__icontains=word) | Q(description__icontains=word) | Q(slug__icontains=word)
        found = found.filter(named | Q(pk__in=tagged.values("workflow")))
    if filters.tag:
        found = found.filter(tags__name=filters.tag)
    if filters.owner is not None:
        found = found.filter(created_by=filters.owner)
    return found


def _put_away(rows: QuerySet[Workflow]) -> QuerySet[Workflow]:
    return rows.filter(Q(archived_at__isnull=False) | Q(deleted_at__isnull=False))


def _beyond(rows: QuerySet[Workflow], team: int, after: int | None) -> QuerySet[Workflow]:
    """By name and id, from behind that workflow on."""
    ordered = rows.annotate(place=Lower("name")).order_by("place", "pk").prefetch_related("tags")
    before = Workflow.objects.of(team).filter(pk=after).annotate(place=Lower("name")) if after is not None else None
    place = before.values_list("place", flat=True).first() if before is not None else None
    return ordered if place is None else ordered.filter(Q(place__gt=place) | Q(place=place, pk__gt=after))


def _newest(team: int, workflows: Collection[int]) -> Mapping[int, Version]:
    """The newest version of each, with its author."""
    of_workflow = Version.objects.of(team).filter(workflow=OuterRef("pk")).order_by("-number").values("pk")[:1]
    newest = Workflow.objects.of(team).filter(pk__in=workflows).values_list(Subquery(of_workflow))
    found = Version.objects.of(team).filter(pk__in=newest).select_related("author")
    return {version.workflow_id: version for version in found.defer("document", "layout", "samples")}


def _last_runs(team: int, workflows: Collection[int]) -> Mapping[int, Run]:
    """The newest run of each: first of each version, which is one look at an index, then of these the newest."""
    of_version = Run.objects.of(team).filter(version=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    versions = Version.objects.of(team).filter(workflow__in=workflows)
    runs: dict[int, int] = {}
    for workflow, run in versions.values_list("workflow", Subquery(of_version)):
        if run is not None:
            runs[workflow] = max(run, runs.get(workflow, 0))
    found = Run.objects.of(team).only("status", "created_at").in_bulk(list(runs.values()))
    return {workflow: found[run] for workflow, run in runs.items() if run in found}


def _row(workflow: Workflow, newest: Version | None, last: Run | None, record: Record | None) -> WorkflowRow:
    return WorkflowRow(
        id=workflow.pk,
        slug=workflow.slug,
        name=workflow.name,
        description=workflow.description,
        tags=tuple(tag.name for tag in workflow.tags.all()),
        newest=newest.number if newest else None,
        edited_at=newest.created_at if newest else workflow.created_at,
        edited_by=str(newest.author) if newest and newest.author else "",
        archived_at=workflow.archived_at,
        deleted_at=workflow.deleted_at,
        last=LastRun(id=last.pk, word=run_word(last.status), created_at=moment(last.created_at)) if last else None,
        record=record or Record(),
    )
