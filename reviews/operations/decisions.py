"""What people decide, exactly once: a vote, the verdict that the votes come to, and the run's answer.

With an undo window the decided review is a timer row that `apply_due` gives to the run; without one the run is answered in
the same transaction.
"""

import json
import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from orchestrator.contract.questions import Decision, Kind, PersonQuestion
from orchestrator.engine.settle import GATE
from orchestrator.engine.values import BatonError
from orchestrator.models import Run
from orchestrator.operations import answers
from reviews import policy, verdicts
from reviews.errors import NotYours, WrongState
from reviews.models import Claim, Review, Vote
from reviews.operations.budgets import apply_to_budget
from reviews.operations.claims import held_by, holder
from reviews.operations.log import Entry, record
from reviews.operations.standing import moved_on
from reviews.policy import Act, Source, State
from reviews.reading import stored_question
from reviews.verdicts import SKIPPED, Given
from reviews.visibility import decidable
from teams.callers import Caller

MOST = 200
"""Decisions that one tick gives to their runs."""
AGAIN_AFTER = timedelta(minutes=1)

logger = logging.getLogger(__name__)


def decide(
    *, review: int, by: Caller, given: Given, source: Source, now: datetime, row_version: int | None = None
) -> Review:
    """Cast a vote; the review as it is then. `now` is on the database's clock, `row_version` what the person saw.

    Raises WrongDecision, WrongPort and WrongOutput where a step is skipped, AlreadyDecided (it names the winner),
    StaleReview, HeldByAnother, NoSuchReview, NotInQueue, NotAllowed.
    """
    seen = decidable(review, by)
    if seen.status not in policy.states_before(Act.DECIDE):
        raise moved_on(seen, Act.DECIDE)
    question = stored_question(kind=seen.kind, path=seen.path, key=seen.key, body=seen.body)
    checked = verdicts.check_decision(
        question=question,
        given=given,
        is_gate=seen.key == GATE,
        reason_required=seen.queue.reason_required,
        most_bytes=settings.BATON_PAYLOAD_LIMIT,
    )
    if seen.kind == Kind.INCIDENT and checked.verdict == SKIPPED and seen.question_id is not None:
        answers.check_skip(question=seen.question_id, output=checked.value, port=checked.port or None)
    entry = _entry(question, checked, source)
    apply_at = now + _undo_window(seen, source, now)
    with transaction.atomic():
        if apply_at <= now or seen.due_at is not None:
            _lock_run(seen)
        _decide(seen, by=by, verdict=_verdict_with(checked), now=now, apply_at=apply_at, row_version=row_version)
        vote = _cast(seen, by=by, given=checked, source=source, now=now)
        record(seen, entry, by=by, now=now)
        if apply_at <= now:
            _apply(seen, vote, now=now)
        else:
            _set_due(seen, None)
    seen.refresh_from_db()
    return seen


def _set_due(review: Review, due_at: datetime | None) -> None:
    """What was decided must not expire while its undo window runs; what was undone may again. The run's lock is held."""
    if review.due_at is not None and review.question_id is not None:
        answers.set_due(question=review.question_id, due_at=due_at.timestamp() if due_at else None)


def undo(*, review: int, by: Caller, source: Source, now: datetime) -> Review:
    """Take the own decision back while the run does not know it. Raises WrongState, NotYours, NoSuchReview, NotInQueue,
    NotAllowed."""
    seen = decidable(review, by)
    if seen.status == State.DECIDED and seen.decided_by_id != by.user_id:
        raise NotYours(f"{seen.decided_by_name} decided this. Only that person can undo it.", by=seen.decided_by_name)
    nothing = {"verdict": "", "decided_by": None, "decided_by_name": "", "decided_at": None, "apply_at": None}
    with transaction.atomic():
        if seen.due_at is not None:
            _lock_run(seen)
        rows = Review.objects.of(by.team_id).filter(
            pk=seen.pk, status__in=policy.states_before(Act.UNDO), decided_by=by.user_id, apply_at__gt=now
        )
        if not rows.update(status=policy.after(State.DECIDED, Act.UNDO), row_version=F("row_version") + 1, **nothing):
            raise WrongState("It is too late to undo this: the run has gone on, or is about to.", state=seen.status)
        Vote.objects.of(by.team_id).filter(review=seen, undone_at=None).update(undone_at=now)
        _set_due(seen, seen.due_at)
        record(seen, Entry(act=Act.UNDO, source=source, verdict=seen.verdict), by=by, now=now)
    seen.refresh_from_db()
    return seen


def apply_due(now: float) -> None:
    """Give the runs the decisions whose undo window is over: a listener of the sweeper's tick, on its clock. One
    transaction each, so that one that fails keeps no other waiting."""
    at = datetime.fromtimestamp(now, UTC)
    due = Review.unscoped.filter(status=State.DECIDED, apply_at__lte=at).order_by("apply_at")
    for review in due.defer("body")[:MOST]:
        try:
            _apply_later(review, at)
        except BatonError as error:
            _postpone(review, at)
            kept = {"review": review.pk, "run": review.run_id, "code": error.code}
            logger.warning("decision_not_applied", extra=kept)


def _postpone(review: Review, now: datetime) -> None:
    """Try again later, so that those which cannot be applied never fill the tick."""
    rows = Review.objects.of(review.team_id).filter(pk=review.pk, status=State.DECIDED)
    rows.update(apply_at=now + AGAIN_AFTER)


def _apply_later(review: Review, now: datetime) -> None:
    with transaction.atomic():
        _lock_run(review)
        vote = Vote.objects.of(review.team_id).filter(review=review, undone_at=None).first()
        if vote is not None:
            _apply(review, vote, now=now)


def _undo_window(review: Review, source: Source, now: datetime) -> timedelta:
    due_in = None if review.due_at is None else (review.due_at - now).total_seconds()
    seconds = policy.undo_seconds(source=source, of_queue=review.queue.undo_seconds, due_in=due_in)
    return timedelta(seconds=seconds)


def _lock_run(review: Review) -> None:
    """Before the review, because the run's own commits tell us under its lock. (SQLite has one writer anyway.)"""
    Run.objects.of(review.team_id).select_for_update(no_key=True).filter(pk=review.run_id).values_list("pk").first()


def _verdict_with(given: Given) -> str:
    """What the votes come to with this one: the policy is 1 of 1."""
    return policy.outcome([given.verdict]) or ""


def _decide(
    review: Review, *, by: Caller, verdict: str, now: datetime, apply_at: datetime, row_version: int | None
) -> None:
    """The guard: the row says who was first."""
    rows = Review.objects.of(by.team_id).filter(pk=review.pk, status__in=policy.states_before(Act.DECIDE))
    if row_version is not None:
        rows = rows.filter(row_version=row_version)
    changed = rows.update(
        status=State.DECIDED.value,
        verdict=verdict,
        decided_by=by.user_id,
        decided_by_name=by.name,
        decided_at=now,
        apply_at=apply_at,
        row_version=F("row_version") + 1,
    )
    if not changed:
        raise moved_on(review, Act.DECIDE)
    if other := holder(review, now=now, but=by.user_id):
        raise held_by(other)


def _cast(review: Review, *, by: Caller, given: Given, source: Source, now: datetime) -> Vote:
    return Vote.objects.create(
        review=review,
        user_id=by.user_id,
        name=by.name,
        verdict=given.verdict,
        value=None if given.value is None else json.dumps(given.value, ensure_ascii=False),
        port=given.port,
        comment=given.comment,
        reason_code=given.reason,
        source=source.value,
        cast_at=now,
    )


def _entry(question: PersonQuestion, given: Given, source: Source) -> Entry:
    before = verdicts.digest(verdicts.editable(question))
    is_replaced = given.value is not None and given.verdict != verdicts.CHANGES.word
    return Entry(
        act=Act.DECIDE,
        source=source,
        verdict=given.verdict,
        hash_before=before,
        hash_after=verdicts.digest(given.value) if is_replaced else before,
        reason_code=given.reason,
        comment=given.comment,
    )


def _apply(review: Review, vote: Vote, *, now: datetime) -> None:
    """Close the review and answer the run, unless somebody undid the decision a moment ago. The run's lock is held."""
    rows = Review.objects.of(review.team_id).filter(pk=review.pk, status=State.DECIDED, apply_at__lte=now)
    closed = policy.after(State.DECIDED, Act.APPLY)
    if not rows.update(status=closed.value, closed_at=now, row_version=F("row_version") + 1):
        return
    Claim.objects.of(review.team_id).filter(review=review).delete()
    record(review, Entry(act=Act.APPLY, source=Source.PRODUCT, verdict=vote.verdict), now=now)
    value = None if vote.value is None else json.loads(vote.value)
    decision = Decision(verdict=vote.verdict, value=value, comment=vote.comment, by=vote.name)
    if review.question_id is not None:
        answers.answer(question=review.question_id, decision=decision, port=vote.port or None)
    else:
        apply_to_budget(review, decision)
