"""What the steps of a run asked, who answered what, and the times of its calls: for its page. Of one team."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from orchestrator.engine.state import PEOPLE, Reason
from orchestrator.engine.values import Json, JsonObject
from orchestrator.models import Call, Event, Question, Run, RunFile, Scope, Step
from orchestrator.queries.run_steps import MOST, StepRow, rows_of
from orchestrator.queries.runs import decoded, moment, moment_or_none
from orchestrator.store import payloads

MOST_CALLS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of a step. `verdict`, `comment` and `by` are those of the answer, `value` what was given with it."""

    id: int
    key: str
    round: int
    kind: str
    status: str
    title: str
    instructions: str
    verdict: str
    comment: str
    by: str
    value: Json
    created_at: datetime
    answered_at: datetime | None
    due_at: datetime | None

    @property
    def is_of_people(self) -> bool:
        return self.kind in PEOPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTime:
    """A call without what it said. Times are seconds since the epoch."""

    path: str
    kind: str
    target: str
    start: float
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a person did to the run: `did` is cancelled, paused, resumed, retried or typed, `of` a step's path."""

    at: datetime
    by: str
    did: str
    of: str


def asked_by(run: Run, *, path: str) -> list[Asked]:
    """Of one step, oldest first. Those of its own scope are left out: its items are shown instead."""
    rows = Question.objects.of(run.team_id).filter(run=run.pk, path=path).exclude(kind=Reason.SCOPE)
    found = list(rows.order_by("pk"))
    answers = {row.pk: _object(row.answer) for row in found}
    stored = payloads.bodies(run.pk, [str(one.get("stored")) for one in answers.values() if one.get("stored")])
    return [_asked(row, answers[row.pk], stored) for row in found]


def call_times(run: Run) -> list[CallTime]:
    """The first 5,000 calls of models and tools of the run, in their order."""
    rows = Call.objects.of(run.team_id).filter(run=run.pk).exclude(kind="value").order_by("started_at", "pk")
    found = rows.values_list("path", "kind", "target", "started_at", "ended_at", "status")[:MOST_CALLS]
    return [
        CallTime(
            path=path, kind=kind, target=target, start=start, end=start if status == "lost" and end is None else end
        )
        for path, kind, target, start, end, status in found
    ]


def deeds_of(run: Run, *, path: str = "") -> list[Deed]:
    """What people did to the run, or to one step of it, oldest first."""
    rows = Event.objects.of(run.team_id).filter(run=run.pk, facts__contains='"person"').order_by("seq")
    found = [(at, fact) for at, facts in rows.values_list("at", "facts") for fact in decoded(facts) if "person" in fact]
    return [
        Deed(at=moment(at), by=fact["person"], did=fact["did"], of=str(fact.get("of", "")))
        for at, fact in found
        if not path or fact.get("of") == path
    ]


def items_of(run: Run, *, path: str, after: int = 0, limit: int = MOST) -> list[StepRow]:
    """The items of a container step, of its newest round, at most 500, those after the cursor."""
    scopes = Scope.objects.of(run.team_id).filter(run=run.pk, container=path).order_by("-round").values_list("path")
    newest = scopes.first()
    return _in_scope(run, newest[0], after, limit) if newest else []


def inside_of(run: Run, *, path: str) -> list[StepRow]:
    """The steps inside one item."""
    return _in_scope(run, path, 0, MOST)


def files_of(run: Run) -> list[RunFile]:
    """Those that it was started with and those that it wrote."""
    return list(RunFile.objects.of(run.team_id).filter(run=run.pk, is_doomed=False).order_by("created_at"))


def _in_scope(run: Run, scope: str, after: int, limit: int) -> list[StepRow]:
    rows = Step.objects.of(run.team_id).filter(run=run.pk, scope=scope, pk__gt=after).exclude(status="pending")
    return rows_of(run, list(rows.order_by("pk")[: min(limit, MOST)]))


def _asked(row: Question, answer: JsonObject, stored: Mapping[str, str]) -> Asked:
    body = _object(row.body)
    reference = str(answer.get("stored"))
    return Asked(
        id=row.pk,
        key=row.key,
        round=row.round,
        kind=row.kind,
        status=row.status,
        title=str(body.get("title") or ""),
        instructions=str(body.get("instructions") or ""),
        verdict=str(answer.get("verdict") or ""),
        comment=str(answer.get("comment") or ""),
        by=str(answer.get("by") or ""),
        value=json.loads(stored[reference]) if reference in stored else answer.get("value"),
        created_at=moment(row.created_at),
        answered_at=moment_or_none(row.answered_at),
        due_at=moment_or_none(row.due_at),
    )


def _object(text: str | None) -> JsonObject:
    found = decoded(text)
    return found if isinstance(found, Mapping) else {}
