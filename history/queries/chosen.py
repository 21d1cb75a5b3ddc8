"""The rows of runs that filters choose. Each filter names its columns here; nothing of a request is expanded into a query."""

from collections.abc import Sequence

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from history.asked_people import runs_waiting_for
from history.filters import Filters
from orchestrator.models import Run, Version
from orchestrator.queries.clock import current_time
from teams.callers import Caller


def chosen(by: Caller, filters: Filters) -> QuerySet[Run]:
    """All runs of the caller's team that fit, but for the full text, which `pages` looks up."""
    rows = Run.objects.of(by.team_id).select_related("version__workflow", "started_by")
    rows = rows.defer("input", "version__document", "version__layout", "version__samples")
    return _in_ranges(_of_words(rows, by, filters), filters)


def _of_words(rows: QuerySet[Run], by: Caller, filters: Filters) -> QuerySet[Run]:
    if filters.statuses:
        rows = rows.filter(_status(filters.statuses))
    if filters.workflow:
        rows = rows.filter(version__in=_versions(by.team_id, filters))
    if filters.person is not None:
        rows = rows.filter(started_by=filters.person)
    if filters.trigger:
        rows = rows.filter(trigger=filters.trigger)
    if filters.waits_for_me:
        rows = rows.filter(pk__in=runs_waiting_for(by))
    return rows


def _status(statuses: Sequence[str]) -> Q:
    """Where only open runs are wanted it says so, because the index of open runs is small."""
    found = Q(status__in=list(statuses))
    is_ended = {status in ("failed", "succeeded", "cancelled") for status in statuses}
    return found & Q(finished_at__isnull=False in is_ended) if len(is_ended) == 1 else found


def _versions(team: int, filters: Filters) -> list[int]:
    """Ids, not a query: the planner then knows how many there are."""
    versions = Version.objects.of(team).filter(workflow__slug=filters.workflow)
    if filters.version is not None:
        versions = versions.filter(number=filters.version)
    return list(versions.values_list("pk", flat=True))


def _in_ranges(rows: QuerySet[Run], filters: Filters) -> QuerySet[Run]:
    if filters.cost_from is not None:
        rows = rows.filter(cost__gte=filters.cost_from)
    if filters.cost_to is not None:
        rows = rows.filter(cost__lte=filters.cost_to)
    if filters.since is not None:
        rows = rows.filter(created_at__gte=filters.since)
    if filters.until is not None:
        rows = rows.filter(created_at__lt=filters.until)
    if filters.seconds_from is None and filters.seconds_to is None:
        return rows
    return _lasting(rows, filters)


def _lasting(rows: QuerySet[Run], filters: Filters) -> QuerySet[Run]:
    """Of a run that goes on, the time until now counts."""
    rows = rows.alias(lasted=Coalesce(F("finished_at"), current_time()) - F("created_at"))
    if filters.seconds_from is not None:
        rows = rows.filter(lasted__gte=filters.seconds_from)
    if filters.seconds_to is not None:
        rows = rows.filter(lasted__lte=filters.seconds_to)
    return rows
