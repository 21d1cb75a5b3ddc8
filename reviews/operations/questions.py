"""Listens to what runs tell: a question of a person becomes a review, and ends with it.

Called inside the commit's transaction, under the run's lock (orchestrator.facts): writes rows of this app and nothing else,
and never refuses: a run must not fail for its review.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from orchestrator.engine.gates import APPROVE, REJECT
from orchestrator.engine.notices import BudgetSet, QuestionAnswered, QuestionWithdrawn, RunClosed, StepAsked
from orchestrator.models import Question
from reviews import policy, verdicts
from reviews.models import Claim, Review, ReviewLog
from reviews.operations.log import Entry, entry_row, ring
from reviews.operations.queues import queue_for
from reviews.policy import Act, Source, State
from reviews.reading import LONGEST_TITLE, question_of, stored_policy

CHUNK = 500
"""Reviews that are ended by one statement."""
EXPIRED = "expired"
_AUTOMATIC = {APPROVE: "approved", REJECT: "rejected"}
_ASKED = ("run__team_id", "run__version_id", "run__version__workflow_id", "created_at", "due_at")


def open_review(asked: StepAsked) -> None:
    """One review for one question."""
    question = question_of(asked)
    where = Question.unscoped.filter(pk=asked.question).values_list(*_ASKED)
    team, version, workflow, created_at, due_at = where.get()
    queue, note = queue_for(team=team, slug=question.queue)
    review = Review.objects.create(
        team_id=team,
        queue=queue,
        run_id=asked.run,
        question_id=asked.question,
        workflow_id=workflow,
        version_id=version,
        kind=question.kind.value,
        path=asked.path,
        round=asked.round,
        key=asked.key,
        title=question.title[:LONGEST_TITLE],
        note=note,
        body=asked.body,
        created_at=_time(created_at),
        due_at=None if due_at is None else _time(due_at),
    )
    before = verdicts.digest(verdicts.editable(question))
    entry_row(review, Entry(act=Act.OPEN, source=Source.PRODUCT, hash_before=before)).save(force_insert=True)
    ring(team)


def withdraw(told: Sequence[QuestionWithdrawn]) -> None:
    """Nobody waits for these answers any more."""
    for start in range(0, len(told), CHUNK):
        questions = [one.question for one in told[start : start + CHUNK]]
        _end(Review.unscoped.filter(question_id__in=questions), act=Act.WITHDRAW, reason="not_needed")


def close_run(told: RunClosed) -> None:
    """Whatever is left of a run that ended, the review of its own budget included; that of a wider budget is also others'."""
    if told.asked:
        reason = f"run_{told.status}"
        _end(Review.unscoped.filter(run_id=told.run, budget=None), act=Act.WITHDRAW, reason=reason)
        _end(Review.unscoped.filter(budget__subject=f"run:{told.run}"), act=Act.WITHDRAW, reason=reason)


def close_budget_review(told: BudgetSet) -> None:
    """Somebody set the budget anew: what was asked about it is settled."""
    _end(Review.unscoped.filter(budget=told.budget), act=Act.WITHDRAW, reason="budget_set")


def close_answered(told: QuestionAnswered) -> None:
    """The question was answered past its review: by its due time, or by an operation on the run."""
    reviews = Review.unscoped.filter(run_id=told.run, path=told.path, round=told.round, key=told.key)
    live = reviews.filter(status__in=policy.LIVE, question__isnull=False)
    for answer, body in list(live.values_list("question__answer", "body")):
        verdict = _verdict_of(answer)
        if verdict == EXPIRED:
            _expire(reviews, body)
        else:
            _end(reviews, act=Act.ANSWER_ELSEWHERE, reason=Act.ANSWER_ELSEWHERE.value, verdict=verdict)


def _expire(reviews: QuerySet[Review], body: str) -> None:
    """Its time is over. What its author chose for that is not a person's verdict: the log calls it automatic."""
    policy_of_author = stored_policy(body)
    verdict = _AUTOMATIC.get(policy_of_author, EXPIRED)
    if policy_of_author in ("", EXPIRED):
        _end(reviews, act=Act.EXPIRE, reason=EXPIRED, verdict=verdict)
        return
    done = _AUTOMATIC.get(policy_of_author, f"it went on by {policy_of_author!r}")
    said = f"Nobody decided in time: {done} automatically, as the workflow's author chose."
    _end(reviews, act=Act.EXPIRE, reason="automatic", verdict=verdict, comment=said)


def _end(reviews: QuerySet[Review], *, act: Act, reason: str, verdict: str = "", comment: str = "") -> None:
    """End those that are live. The run's lock is held: none of them is answered meanwhile, but one may be undone."""
    found = list(reviews.filter(status__in=policy.states_before(act)).defer("body"))
    state = policy.after(State.OPEN, act)
    values = {"status": state.value, "closed_at": Now(), "reason": reason, "row_version": F("row_version") + 1}
    if verdict:
        values["verdict"] = verdict
    for start in range(0, len(found), CHUNK):
        chunk = found[start : start + CHUNK]
        numbers = [review.pk for review in chunk]
        Review.unscoped.filter(pk__in=numbers, status__in=policy.states_before(act)).update(**values)
        Claim.unscoped.filter(review__in=numbers).delete()
        entry = Entry(act=act, source=Source.PRODUCT, verdict=verdict, reason_code=reason, comment=comment)
        ReviewLog.objects.bulk_create([entry_row(review, entry) for review in chunk])
        ring(chunk[0].team_id)


def _verdict_of(answer: str | None) -> str:
    found = json.loads(answer) if answer else {}
    return str(found.get("verdict") or "answered")[:100]


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
