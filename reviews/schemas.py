"""What the REST API takes and gives for reviews and queues. Times are UTC."""

from datetime import datetime
from typing import Literal, Self

from ninja import Schema
from pydantic import ConfigDict, Field

from orchestrator.engine.values import Json
from reviews.models import Claim, Queue, Review
from reviews.operations.queues import QueueSettings
from reviews.queries import Listed, Shown
from reviews.verdicts import editable


class Given(Schema):
    """A request's body: what it does not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class ClaimOut(Schema):
    """Who holds a review, and until when."""

    by: str
    until: datetime

    @classmethod
    def of(cls, claim: Claim) -> Self:
        return cls(by=claim.name, until=claim.until)


class ReviewOut(Schema):
    """A review in a list. `url` is where a person finds it, `row_version` counts its changes."""

    id: int
    url: str
    kind: str
    title: str
    note: str
    status: str
    verdict: str
    queue: str
    workflow: str
    version: int
    run: int
    run_status: str
    path: str
    round: int
    row_version: int
    created_at: datetime
    due_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    claim: ClaimOut | None

    @classmethod
    def of(cls, found: Listed, *, url: str) -> Self:
        review = found.review
        names = ("id", "kind", "title", "note", "status", "verdict", "path", "round", "row_version")
        times = ("created_at", "due_at", "decided_at")
        return cls(
            url=url,
            queue=review.queue.slug,
            workflow=review.workflow.slug,
            version=review.version.number,
            run=review.run_id,
            run_status=review.run.status,
            decided_by=review.decided_by_name,
            claim=ClaimOut.of(found.claim) if found.claim else None,
            **{name: getattr(review, name) for name in (*names, *times)},
        )


class VerdictOut(Schema):
    """A word that the review may be decided with. `takes`: none, value, or maybe a value."""

    word: str
    sentence: str
    takes: str
    needs_comment: bool


class VoteOut(Schema):
    """What somebody decided; `undone_at` where they took it back."""

    name: str
    verdict: str
    comment: str
    reason_code: str
    source: str
    cast_at: datetime
    undone_at: datetime | None


class ActOut(Schema):
    """An entry of the review's log."""

    at: datetime
    act: str
    source: str
    user_name: str
    verdict: str
    reason_code: str
    comment: str
    hash_before: str
    hash_after: str


class ReviewWhole(ReviewOut):
    """A review with what is asked, what may be decided, and what was done. `editable` is what a person may change, under
    `edit_schema`; `rounds` are the reviews of the same step before and after it."""

    instructions: str
    subject: Json
    editable: Json
    edit_schema: Json
    choices: Json
    context: Json
    verdicts: list[VerdictOut]
    votes: list[VoteOut]
    log: list[ActOut]
    rounds: list[int]
    may_decide: bool

    @classmethod
    def whole(cls, shown: Shown, *, url: str) -> Self:
        base = ReviewOut.of(Listed(review=shown.review, claim=shown.claim), url=url)
        question = shown.question
        return cls(
            **dict(base),
            instructions=shown.instructions,
            subject=question.subject,
            editable=editable(question),
            edit_schema=question.schema,
            choices=dict(question.choices),
            context=question.context,
            verdicts=[VerdictOut.model_validate(one) for one in shown.verdicts],
            votes=[VoteOut.model_validate(vote) for vote in shown.votes],
            log=[ActOut.model_validate(entry) for entry in shown.log],
            rounds=[review.pk for review in shown.rounds],
            may_decide=shown.may_decide,
        )


class ReviewPage(Schema):
    """Reviews, the oldest first. `next` is the `after` of the next page."""

    items: list[ReviewOut]
    next: int | None


class ClaimIn(Given):
    """`take_over`: also where somebody else holds it."""

    take_over: bool = False


class DecisionIn(Given):
    """A verdict's word, with the value where it takes one. `port`: of a step that is skipped, the one that it takes; empty is
    out. `row_version`: what you saw; the decision is refused where the review was changed since."""

    verdict: str = Field(max_length=100)
    value: Json = None
    comment: str = ""
    reason: str = ""
    port: str = Field("", max_length=100)
    row_version: int | None = None
    source: Literal["api", "cli"] = "api"


class Decided(Schema):
    """How the review stands after the decision."""

    id: int
    status: str
    verdict: str
    row_version: int
    decided_by: str
    decided_at: datetime | None
    apply_at: datetime | None

    @classmethod
    def of(cls, review: Review) -> Self:
        names = ("id", "status", "verdict", "row_version", "decided_at", "apply_at")
        return cls(decided_by=review.decided_by_name, **{name: getattr(review, name) for name in names})


class QueueOut(Schema):
    """A queue. `members` are ids of members; null: every member of the team."""

    slug: str
    name: str
    instructions: str
    members: list[int] | None
    undo_seconds: int
    reason_required: bool

    @classmethod
    def of(cls, queue: Queue) -> Self:
        members = sorted(member.pk for member in queue.members.all()) if queue.is_restricted else None
        names = ("slug", "name", "instructions", "undo_seconds", "reason_required")
        return cls(members=members, **{name: getattr(queue, name) for name in names})


class QueuePage(Schema):
    """The team's queues."""

    items: list[QueueOut]


class QueueIn(Given):
    """How a queue is to be."""

    name: str
    instructions: str = ""
    members: list[int] | None = None
    undo_seconds: int = 10
    reason_required: bool = False

    def settings(self, slug: str) -> QueueSettings:
        return QueueSettings(slug=slug, **self.model_dump())
