"""What the REST API takes and gives for workflows, runs and what belongs to them. Money is in US dollars, times are UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from ninja import Query, Schema
from pydantic import ConfigDict, Field

from orchestrator.engine.values import Json
from orchestrator.models import Budget, RunFile, Version, Workflow
from orchestrator.queries import run_steps, runs
from orchestrator.queries.runs import MICRO, dollars

Dollars = Annotated[float, Field(ge=0, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=200)]
"""How many a page of a list has."""
Count = Annotated[int, Field(ge=0, le=10**12)]


class Given(Schema):
    """A request's body: what it does not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Word(Schema):
    """What people read for a status, and the icon beside it."""

    text: str
    icon: str


class WorkflowOut(Schema):
    """A workflow; `newest` is the number of its newest version. An archived one is started by nothing."""

    slug: str
    name: str
    description: str
    tags: list[str]
    newest: int | None
    created_at: datetime
    archived_at: datetime | None

    @classmethod
    def of(cls, workflow: Workflow) -> Self:
        names = ("slug", "name", "description", "newest", "created_at", "archived_at")
        tags = [tag.name for tag in workflow.tags.all()]
        return cls(tags=tags, **{name: getattr(workflow, name) for name in names})


class WorkflowChanges(Given):
    """What is to be changed; what is left out stays."""

    name: str | None = None
    description: str | None = Field(default=None, max_length=20_000)
    tags: list[str] | None = Field(default=None, max_length=100)


class CopyIn(Given):
    """The name of the copy."""

    name: str


class VersionOut(Schema):
    """A published version."""

    id: int
    workflow: str
    number: int
    digest: str
    note: str
    author: str | None
    created_at: datetime

    @classmethod
    def of(cls, version: Version, *, slug: str) -> Self:
        author = str(version.author) if version.author else None
        names = ("id", "number", "digest", "note", "created_at")
        return cls(workflow=slug, author=author, **{name: getattr(version, name) for name in names})


class VersionWhole(VersionOut):
    """A version with its graph."""

    name: str
    document: Json
    layout: Json
    samples: Json

    @classmethod
    def whole(cls, version: Version) -> Self:
        workflow = version.workflow
        base = VersionOut.of(version, slug=workflow.slug)
        names = ("document", "layout", "samples")
        return cls(name=workflow.name, **dict(base), **{name: getattr(version, name) for name in names})


class WorkflowWhole(WorkflowOut):
    """A workflow with its newest version."""

    version: VersionWhole | None


class BudgetIn(Given):
    """The most that a run may use. It can only narrow what the version allows."""

    money: Dollars | None = None
    tokens: Count | None = None
    calls: Count | None = None

    def units(self) -> dict[str, int]:
        """By unit as the product stores them."""
        found = {"tokens": self.tokens, "calls": self.calls}
        found["money"] = None if self.money is None else round(self.money * MICRO)
        return {unit: most for unit, most in found.items() if most is not None}


class RunIn(Given):
    """What to start: a workflow by its slug (its newest version, or the one with `number`), or a version by its id."""

    workflow: str | None = None
    number: int | None = None
    version: int | None = None
    input: Json = Field(default_factory=dict, description="As the version's `inputs` want it; a file is `file:<id>`.")
    budget: BudgetIn = Field(default_factory=BudgetIn)
    trigger: Literal["api", "command", "person"] = "api"


class RunOut(Schema):
    """A run in a list."""

    id: int
    workflow: str
    name: str
    version: int
    version_id: int
    status: str
    word: Word
    seq: int
    trigger: str
    is_test: bool
    started_by: str | None
    created_at: datetime
    finished_at: datetime | None
    cost: float

    @classmethod
    def of(cls, row: runs.RunRow) -> Self:
        return cls.model_validate(row)


class RunPage(Schema):
    """Runs, the newest first. `next` is the `before` of the next page."""

    items: list[RunOut]
    next: int | None


class StepOut(Schema):
    """A step of a run. `output` is left out (`is_cut`) where it is large: ask for the step alone."""

    path: str
    node: str
    type: str
    title: str
    status: str
    reason: str
    word: Word
    attempt: int
    round: int
    tries: int
    crashes: int
    started_at: datetime | None
    finished_at: datetime | None
    cost: float
    output: Json
    is_cut: bool
    edited_by_people: bool
    error: Json


class StepPage(Schema):
    """Steps in the order in which they were opened. `next` is the `after` of the next page."""

    items: list[StepOut]
    next: int | None

    @classmethod
    def of(cls, rows: Sequence[run_steps.StepRow], *, limit: int) -> Self:
        found = [StepOut.model_validate(row) for row in rows]
        return cls(items=found, next=rows[-1].cursor if len(rows) >= limit else None)


class CallOut(Schema):
    """A model or tool call of a step, as it is in the journal."""

    round: int
    key: str
    kind: str
    target: str
    status: str
    attempt: int
    drifted: bool
    request: Json
    outcome: Json
    error: Json
    usage: Json
    cost: float | None
    started_at: datetime
    ended_at: datetime | None


class StepWhole(StepOut):
    """A step with its input, its whole output, what it was before people edited it, and its calls."""

    input: Json
    original: Json
    calls: list[CallOut]

    @classmethod
    def of(cls, found: run_steps.StepWhole) -> Self:
        row = StepOut.model_validate(found.row)
        calls = [CallOut.model_validate(call) for call in found.calls]
        return cls(**dict(row) | {"output": found.output}, input=found.input, original=found.original, calls=calls)


class RunWhole(RunOut):
    """A run with its first 500 steps; `next_steps` is the `after` of the others. It includes the events up to `seq`."""

    input: Json
    output: Json
    error: Json
    steps: list[StepOut]
    next_steps: int | None

    @classmethod
    def whole(cls, row: runs.RunRow, ends: runs.RunEnds, page: StepPage) -> Self:
        base = dict(RunOut.of(row))
        found = {"input": ends.input, "output": ends.output, "error": ends.error}
        return cls(**base, **found, steps=page.items, next_steps=page.next)


class Changed(Schema):
    """How a run stands after what was asked for; `seq` is that of the event which tells it."""

    run: int
    status: str
    word: Word
    seq: int


class StepName(Given):
    """A step by its path."""

    path: str = Field(max_length=400)


class SkipIn(StepName):
    """A failed step counts as done with this output; `ports` are those that it takes."""

    output: Json = None
    ports: list[str] = Field(default_factory=lambda: ["out"], min_length=1, max_length=20)


class EventIn(Given):
    """Something happened outside that runs wait for."""

    name: str = Field(min_length=1, max_length=100)
    correlation: str = Field(default="", max_length=190)
    payload: Json = None


class Delivered(Schema):
    """How many waiting steps the event woke."""

    delivered: int


class EventOut(Schema):
    """What one commit of a run told. `seq` counts without gaps."""

    run: int
    seq: int
    at: float
    facts: list[Json]


class EventPage(Schema):
    """The events after N. `next` is the `after` of the next page, or of what comes later; `is_end`: there are no more for
    now. `status` is the run's after all of its events."""

    events: list[EventOut]
    next: int
    is_end: bool
    status: str


class FileOut(Schema):
    """An upload. In the input of a run it is named by its `reference`."""

    id: UUID
    reference: str
    name: str
    media_type: str
    size: int

    @classmethod
    def of(cls, row: RunFile) -> Self:
        return cls(id=row.pk, reference=f"file:{row.pk}", name=row.name, media_type=row.media_type, size=row.size)


class BudgetOut(Schema):
    """A budget: money in dollars, tokens and calls as numbers."""

    subject: str
    unit: str
    most: float
    spent: float
    reserved: float
    needs_decision: bool
    stopped: bool

    @classmethod
    def of(cls, row: Budget) -> Self:
        amounts = {name: getattr(row, name) for name in ("most", "spent", "reserved")}
        if row.unit == "money":
            amounts = {name: dollars(amount) for name, amount in amounts.items()}
        return cls(subject=row.subject, unit=row.unit, needs_decision=row.asked, stopped=row.stopped, **amounts)


class BudgetSet(Given):
    """`subject`: team, team:<year>-<month>, workflow:<slug> or run:<id>; `most` in dollars for money."""

    subject: str = Field(max_length=120)
    unit: str
    most: float = Field(ge=0, le=10**12)

    def amount(self) -> int:
        return round(self.most * MICRO) if self.unit == "money" else int(self.most)
