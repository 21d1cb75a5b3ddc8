"""Answers to questions: people's decisions, events, timers. Each question is answered once, whatever the run's status."""

import json
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from orchestrator.contract.questions import Decision
from orchestrator.engine.messages import Answer
from orchestrator.engine.move import Refused
from orchestrator.engine.state import Reason
from orchestrator.engine.values import OUT, Json, PortName, StepPath
from orchestrator.operations.committing import commit
from orchestrator.operations.typed import check_typed
from orchestrator.store import payloads, questions
from orchestrator.store.commit import Committed
from orchestrator.store.questions import Found

LONGEST_KEY = 150
SKIPPED = "skipped"
KEPT_FOR = 7 * 24 * 3600.0
"""Seconds for which an event may come too early."""


class Encoded(NamedTuple):
    """A decision as the store keeps it."""

    answer: str
    output: str | None
    kept: tuple[tuple[str, str], ...]


def answer(*, question: int, decision: Decision, port: str | None = None) -> Committed:
    """Record what people decided about the question with that id, and let the step go on. Raises Refused where it was
    answered or withdrawn before, PayloadTooLarge.

    `port` is the port of an expired gate, or of a step that is skipped.
    """
    found = questions.find(question=question)
    if found is None:
        raise Refused("There is no such question.", question=question)
    if decision.verdict == SKIPPED and found.kind == Reason.INCIDENT:
        check_typed(run=found.run, path=found.path, output=decision.value, ports=(port or OUT,))
    return answer_found(found, decision=decision, port=port)


def check_skip(*, question: int, output: Json, port: str | None = None) -> None:
    """Whether an incident's step may be skipped with this output, before somebody's decision is kept. Raises WrongPort,
    WrongOutput."""
    found = questions.find(question=question)
    if found is not None:
        check_typed(run=found.run, path=found.path, output=output, ports=(port or OUT,))


def answer_found(found: Found, *, decision: Decision, port: str | None = None) -> Committed:
    encoded = _encode(decision)
    command = Answer(
        path=StepPath(found.path),
        round=found.round,
        key=found.key,
        verdict=decision.verdict,
        output=encoded.output,
        answer=encoded.answer,
        port=PortName(port) if port else None,
    )
    return commit(run=found.run, commands=[command], kept=encoded.kept, strict=True)


def deliver_event(*, team: int, name: str, correlation: str, payload: Json) -> int:
    """Answer every open question of the team's runs that waits for this event; how many there were. Steps of these runs
    that ask for it within a week hear it then: it is kept before anybody is looked for, and they look after they have asked,
    so one of the two sees the other. Raises PayloadTooLarge."""
    value, event = {} if payload is None else payload, event_name(name=name, correlation=correlation)
    text, kept = payloads.encode(value, limit=settings.BATON_PAYLOAD_LIMIT)
    questions.keep_event(team=team, event=event, payload=kept[0][1] if kept else text)
    return sum(_arrives(found, value) for found in questions.waiting_for(team=team, event=event))


def hear(*, run: int, path: str, round_number: int, key: str, event: str) -> bool:
    """Answer an event's question that was asked a moment ago, if the event came before it; whether it did."""
    payload = questions.kept_event(run=run, path=path, event=event)
    if payload is None:
        return False
    asked = Found(run=run, path=path, round=round_number, key=key, kind=Reason.EVENT, status="open")
    return _arrives(asked, json.loads(payload))


def _arrives(found: Found, value: Json) -> bool:
    try:
        return bool(answer_found(found, decision=Decision(verdict="arrived", value=value)).seq)
    except Refused:
        return False  # it was answered or withdrawn a moment ago


def forget_events() -> int:
    """Events are kept for a week; how many were older."""
    return questions.forget_events(older=KEPT_FOR)


def wake(found: Found, *, verdict: str) -> bool:
    """Answer a question of the product itself; whether it was still open."""
    try:
        return bool(answer_found(found, decision=Decision(verdict=verdict)).seq)
    except Refused:
        return False


def event_name(*, name: str, correlation: str) -> str:
    """How an event from outside is stored: its name and what tells one of that name from another. The prefix keeps it
    apart from the product's own events; a long key is named by its digest."""
    told = correlation if len(correlation) <= LONGEST_KEY else payloads.digest_of(correlation)
    return f"event:{name}:{told}"


def elapse(*, run: int, path: str, round_number: int, key: str) -> bool:
    """A question's time has come; False where it has not any more."""
    command = Answer(
        path=StepPath(path),
        round=round_number,
        key=key,
        verdict="expired",
        answer='{"verdict": "expired", "value": null}',
    )
    with transaction.atomic():
        if not questions.is_still_due(run=run, path=path, round_number=round_number, key=key):
            return False
        return bool(commit(run=run, commands=[command]).seq)


def set_due(*, question: int, due_at: float | None) -> None:
    """Let the time of an open question stand still (None), or run again. The caller holds the run's lock."""
    questions.set_due(question=question, due_at=due_at)


def _encode(decision: Decision) -> Encoded:
    limit = settings.BATON_PAYLOAD_LIMIT
    output, kept = payloads.encode(decision.value, limit=limit) if decision.value is not None else (None, ())
    said = {"verdict": decision.verdict, "comment": decision.comment, "by": decision.by, "value": decision.value}
    if output and output.startswith("@"):
        said |= {"value": None, "stored": output}
    return Encoded(json.dumps(said, ensure_ascii=False), output, kept)
