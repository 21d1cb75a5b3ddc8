"""Answers to questions: people's decisions, events, timers. Each question is answered once, whatever the run's status."""

import json
from typing import NamedTuple

from django.conf import settings

from orchestrator.contract.questions import Decision
from orchestrator.engine.messages import Answer
from orchestrator.engine.move import Refused
from orchestrator.engine.values import Json, PortName, StepPath
from orchestrator.operations.committing import commit
from orchestrator.store import payloads, questions
from orchestrator.store.commit import Committed
from orchestrator.store.questions import Found

LONGEST_KEY = 150


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
    return answer_found(found, decision=decision, port=port)


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
    """Answer every open question of the team's runs that waits for this event; how many there were."""
    delivered = 0
    for found in questions.waiting_for(team=team, event=event_name(name=name, correlation=correlation)):
        try:
            answer_found(found, decision=Decision(verdict="arrived", value={} if payload is None else payload))
        except Refused:
            continue  # it was answered or withdrawn a moment ago
        delivered += 1
    return delivered


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


def elapse(*, run: int, path: str, round_number: int, key: str) -> Committed:
    """A question's time has come."""
    command = Answer(
        path=StepPath(path),
        round=round_number,
        key=key,
        verdict="expired",
        answer='{"verdict": "expired", "value": null}',
    )
    return commit(run=run, commands=[command])


def _encode(decision: Decision) -> Encoded:
    limit = settings.BATON_PAYLOAD_LIMIT
    output, kept = payloads.encode(decision.value, limit=limit) if decision.value is not None else (None, ())
    said = {"verdict": decision.verdict, "comment": decision.comment, "by": decision.by, "value": decision.value}
    if output and output.startswith("@"):
        said |= {"value": None, "stored": output}
    return Encoded(json.dumps(said, ensure_ascii=False), output, kept)
