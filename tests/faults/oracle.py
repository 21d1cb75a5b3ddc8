"""What must hold after everything went wrong, read from rows, events, the world outside and the model server's log."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from orchestrator.engine.fold import View, fold
from orchestrator.engine.state import PEOPLE
from orchestrator.models import Budget, Call, Event, Limit, Question, Run, Step
from reviews.models import Review, Vote
from reviews.policy import LIVE
from tests.faults import money

ENDED = frozenset({"succeeded", "failed", "cancelled"})
OVER = ("succeeded", "cancelled")
FINAL = frozenset({"succeeded", "failed"})
MOST = 20


@dataclass
class Verdict:
    """Sentences by kind. Nothing in it: everything holds."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def is_clean(self) -> bool:
        return not (self.lost or self.twice or self.gaps or self.other)

    def line(self) -> str:
        found = f"lost {len(self.lost)}, twice {len(self.twice)}, gaps {len(self.gaps)}"
        return found + (f", other {len(self.other)}" if self.other else "")

    def sentences(self) -> Iterator[str]:
        for kind in ("lost", "twice", "gaps", "other"):
            yield from (f"  {kind}: {sentence}" for sentence in getattr(self, kind)[:MOST])


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What the test itself saw: the version that it started `number` runs of, which run each job was told to have, the effects
    outside by (what, job), the reviews that two people won both, and whatever else was noticed on the way."""

    version: int
    number: int
    jobs: Mapping[int, int]
    seen: Mapping[tuple[str, int], int]
    won_by_both: Sequence[int] = ()
    noticed: Sequence[str] = ()


def judge(witness: Witness) -> Verdict:
    """Look at everything once."""
    verdict = Verdict()
    runs = list(Run.unscoped.filter(version=witness.version).order_by("id"))
    verdict.lost += lost(runs, witness)
    for run in runs:
        judge_events(run.pk, verdict)
    verdict.twice += [*started_twice(runs, witness), *decided_twice(witness), *charged_twice(runs, witness)]
    verdict.other += [*tallied(runs, witness), *left_behind(), *reviews_of_questions(), *money.problems(runs)]
    verdict.other += witness.noticed
    return verdict


def judge_events(number: int, verdict: Verdict) -> None:
    """The run, its events and its steps as they are at one moment: a run that was not lost may still go on."""
    with transaction.atomic():
        run = Run.unscoped.select_for_update().get(pk=number)
        events = list(Event.unscoped.filter(run=number).order_by("seq").values_list("seq", "facts"))
        facts = [json.loads(text) for _, text in events]
        verdict.gaps += gaps(run, [seq for seq, _ in events], facts)
        verdict.twice += twice(run, facts)


def lost(runs: Sequence[Run], witness: Witness) -> Iterator[str]:
    """Every job has the run that it was told of, every run has ended, and as its input says."""
    found = {_job(run): run.pk for run in runs}
    yield from (f"job {number} has no run" for number in range(1, witness.number + 1) if number not in found)
    yield from (
        f"run {run} of job {number} is gone" for number, run in witness.jobs.items() if found.get(number) != run
    )
    for run in runs:
        wanted = "failed" if json.loads(run.input)["poison"] == "raise" else "succeeded"
        if run.status != wanted:
            yield f"run {run.pk} is {run.status}, not {wanted}: {open_steps(run)}"


def started_twice(runs: Iterable[Run], witness: Witness) -> Iterator[str]:
    """A start that was repeated under its key made one run."""
    counts = Counter(_job(run) for run in runs)
    yield from (f"job {number} has {counts[number]} runs" for number in counts if counts[number] > 1)


def decided_twice(witness: Witness) -> Iterator[str]:
    """Of two people one wins, and one vote counts."""
    yield from (f"review {one} was won by both" for one in witness.won_by_both)
    votes = Counter(Vote.unscoped.filter(undone_at=None).values_list("review_id", flat=True))
    yield from (f"review {one} has {votes[one]} votes" for one in votes if votes[one] > 1)


def open_steps(run: Run) -> list[tuple[Any, ...]]:
    rows = Step.unscoped.filter(run=run.pk).exclude(status__in=["succeeded", "pending", "skipped"])
    return list(rows.values_list("path", "status", "reason", "attempt", "crashes", "error")[:5])


def gaps(run: Run, seqs: Sequence[int], facts: Iterable[Any]) -> Iterator[str]:
    """The events have no gap, and folding them gives the rows."""
    if list(seqs) != list(range(1, run.seq + 1)):
        yield f"run {run.pk} is at {run.seq} and has {len(seqs)} events, the last is {seqs[-1:]}"
    view = View()
    for told in facts:
        view = fold(view, told)
    rows = dict(Step.unscoped.filter(run=run.pk).exclude(status="pending").values_list("path", "status"))
    if view.run != run.status or dict(view.steps) != rows:
        wrong = {path for path in {*rows, *view.steps} if rows.get(path) != view.steps.get(path)}
        yield f"run {run.pk} is {run.status}, its events say {view.run}; they differ in {sorted(wrong)[:5]}"


def twice(run: Run, facts: Iterable[Any]) -> Iterator[str]:
    """At most one recorded result per step and round, one answer per question."""
    told = [fact for commit in facts for fact in commit]
    results = Counter(
        (fact["step"], fact["round"]) for fact in told if fact.get("status") in FINAL and "attempt" in fact
    )
    answers = Counter((fact["step"], fact["round"], fact["answered"]) for fact in told if "answered" in fact)
    for what, number in (results | answers).items():
        if number > 1:
            yield f"run {run.pk}: {what} was recorded {number} times"


def charged_twice(runs: Iterable[Run], witness: Witness) -> Iterator[str]:
    """The tool that must not be repeated was seen outside exactly as often as it was recorded, by itself or by a person."""
    recorded = _recorded("charge")
    for run in runs:
        typed = Step.unscoped.filter(run=run.pk, path="charge", reason="typed").count()
        seen = witness.seen.get(("charge", _job(run)), 0)
        is_known = run.status not in ENDED or seen == max(recorded[run.pk], typed)
        if seen > 1 or not is_known:
            yield f"run {run.pk}: charged {seen} times, recorded {recorded[run.pk]}, typed {typed}"


def tallied(runs: Iterable[Run], witness: Witness) -> Iterator[str]:
    """What may be repeated was repeated at most once for each attempt that was lost."""
    recorded = _recorded("tally")
    for run in runs:
        step = Step.unscoped.filter(run=run.pk, path="agent").first()
        seen, most = witness.seen.get(("tally", _job(run)), 0), recorded[run.pk] + (step.attempt if step else 0)
        if not recorded[run.pk] <= seen <= most:
            yield f"run {run.pk}: tallied {seen} times, recorded {recorded[run.pk]}, at most {most}"


def _recorded(tool: str) -> Counter[int]:
    done = Call.unscoped.filter(kind="tool", target=tool, status="done", outcome__contains='"result"')
    return Counter(done.values_list("run_id", flat=True))


def left_behind() -> Iterator[str]:
    """No claim, call, reservation or slot of somebody who is gone."""
    if number := Step.unscoped.filter(status="running").count():
        yield f"{number} steps are still claimed"
    if number := Call.unscoped.filter(status="started").count():
        yield f"{number} calls were started and never ended"
    for budget in Budget.unscoped.exclude(reserved=0):
        yield f"budget {budget.subject} still has {budget.reserved} {budget.unit} reserved"
    for limit in Limit.unscoped.exclude(used=0):
        yield f"limit {limit.subject} still has {limit.used} slots taken"
    for question in Question.unscoped.filter(status="open", run__status__in=OVER)[:MOST]:
        yield f"question {question.key} of {question.path} in run {question.run_id} is still open"
    for budget in Budget.unscoped.filter(asked=True):
        yield f"budget {budget.subject} is still asked about"


def reviews_of_questions() -> Iterator[str]:
    """Each question of a person has one review, which is open exactly while the question is."""
    questions = dict(Question.unscoped.filter(kind__in=PEOPLE, event=None).values_list("pk", "status"))
    reviews = Counter(Review.unscoped.values_list("question_id", flat=True))
    yield from (f"question {one} has {reviews[one]} reviews" for one in questions if reviews[one] != 1)
    live = Review.unscoped.filter(status__in=LIVE).exclude(question__status="open")
    yield from (f"review {one} waits for a question that is closed" for one in live.values_list("pk", flat=True))
    undecided = Review.unscoped.exclude(status__in=LIVE).filter(question__status="open")
    yield from (f"review {one} is closed, its question is open" for one in undecided.values_list("pk", flat=True))


def _job(run: Run) -> int:
    return int(json.loads(run.input)["job"])
