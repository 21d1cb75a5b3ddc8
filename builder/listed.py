"""What the page of workflows shows, put together for its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from builder.open_reviews import open_reviews
from builder.templates import Template, templates
from orchestrator.queries.workflow_list import (
    Choices,
    Filters,
    Page,
    WorkflowRow,
    choices_of,
    count_put_away,
    deleted_name,
    page_of_workflows,
)
from teams.callers import Caller
from teams.policy import Action

SIZE = 25
OFFERED = 3
"""Templates on the page of a team that has no workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A workflow with its open reviews."""

    workflow: WorkflowRow
    reviews: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of the list. `undo` and `undo_name`: a workflow that was just deleted."""

    by: Caller
    filters: Filters
    after: int | None
    page: Page
    rows: Sequence[Row]
    choices: Choices
    put_away: int
    undo: int | None = None
    undo_name: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters.text or self.filters.tag or self.filters.owner)

    @property
    def is_first_time(self) -> bool:
        """Whether the team has nothing to list yet."""
        return not self.rows and not self.is_filtered and not self.filters.is_archived and self.after is None

    @property
    def templates(self) -> Sequence[Template]:
        return templates()[:OFFERED]

    @property
    def may_publish(self) -> bool:
        return self.by.may(Action.publish)

    @property
    def may_start(self) -> bool:
        return self.by.may(Action.start_run)

    @property
    def may_delete(self) -> bool:
        return self.by.may(Action.delete_run)

    @property
    def query(self) -> Mapping[str, str]:
        """The filters as the address has them."""
        filters = self.filters
        given = {"q": filters.text, "tag": filters.tag, "owner": str(filters.owner or "")}
        return {key: value for key, value in given.items() if value} | (
            {"archived": "1"} if filters.is_archived else {}
        )

    @property
    def url(self) -> str:
        return _address(self.query)

    @property
    def next_url(self) -> str:
        return _address({**self.query, "after": str(self.page.next)}) if self.page.next else ""

    @property
    def first_url(self) -> str:
        return _address(self.query) if self.after is not None else ""


def listed(*, by: Caller, filters: Filters, after: int | None, since: float, undo: int | None = None) -> Listed:
    """Raises NotAllowed."""
    by.demand(Action.see)
    page = page_of_workflows(team=by.team_id, filters=filters, after=after, size=SIZE, since=since)
    reviews = open_reviews(by, [row.id for row in page.rows])
    return Listed(
        by=by,
        filters=filters,
        after=after,
        page=page,
        rows=[Row(workflow=row, reviews=reviews.get(row.id, 0)) for row in page.rows],
        choices=choices_of(team=by.team_id),
        put_away=count_put_away(team=by.team_id),
        undo=undo,
        undo_name=deleted_name(team=by.team_id, workflow=undo) if undo is not None else "",
    )


def _address(query: Mapping[str, str]) -> str:
    path = reverse("builder:workflows")
    return f"{path}?{urlencode(query)}" if query else path
