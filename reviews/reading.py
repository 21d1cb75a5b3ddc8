"""Reads what a step asked. The engine's own incidents have no person's words: they get some here. Pure: no Django.

A question is never lost for a body that nobody can read: people see it as it is then.
"""

import json
from collections.abc import Mapping

from orchestrator.contract.cleaning import cleaned
from orchestrator.contract.questions import Kind, PersonQuestion, question_from_json
from orchestrator.engine.notices import StepAsked
from orchestrator.engine.values import Json

LONGEST_TITLE = 300
_INCIDENTS: Mapping[str, str] = {
    "crashed_three_times": "The worker was lost three times while it did this step.",
    "would_repeat_tool": "The step failed after it had used a tool that must not be used twice.",
    "unknown_outcome": "A tool was called and nobody knows whether it was carried out.",
    "journal_mismatch": "The step asked for another call than the one on record.",
    "unknown_type": "The step's type is not installed any more.",
}


def question_of(asked: StepAsked) -> PersonQuestion:
    """What was asked, as a value."""
    return stored_question(kind=asked.kind, path=asked.path, key=asked.key, body=asked.body)


def stored_question(*, kind: str, path: str, key: str, body: str) -> PersonQuestion:
    """The same from what a review keeps of it."""
    found = cleaned(_loaded(body))
    if isinstance(found, Mapping):
        try:
            return question_from_json({**found, "kind": kind})
        except (KeyError, ValueError):
            pass
    return PersonQuestion(
        kind=Kind(kind), title=_title(kind, path), subject=found, instructions=_instructions(kind, key)
    )


def stored_policy(body: str) -> str:
    """What its author chose for the case that nobody decides in time; empty where nothing."""
    found = _loaded(body)
    return str(found.get("on_expiry") or "") if isinstance(found, Mapping) else ""


def _loaded(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _title(kind: str, path: str) -> str:
    words = {Kind.INCIDENT: "needs a decision", Kind.INPUT: "needs input", Kind.BUDGET: "needs budget"}
    return f"{path} {words.get(Kind(kind), 'needs review')}"[-LONGEST_TITLE:]


def _instructions(kind: str, key: str) -> str:
    if kind != Kind.INCIDENT:
        return ""
    code = key.rpartition(":")[2]
    return f"{_INCIDENTS.get(code, code)} Retry it, skip it with an output, or let it fail."
