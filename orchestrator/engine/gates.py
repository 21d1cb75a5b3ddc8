"""When a step's output needs people: a rule on a node, decided when the output is there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from orchestrator.engine.values import EXPIRED, Json, JsonObject


class When(StrEnum):
    """The rules of a gate."""

    ALWAYS = "always"
    """Every output."""
    CONDITION = "condition"
    """Those for which `condition` holds; a condition that cannot be evaluated means ask."""
    SCORE = "score"
    """Those whose number at `score` is below `below`, or missing."""
    SAMPLE = "sample"
    """A random `percent` of them."""


APPROVE, REJECT = "approve", "reject"
LONGEST_DUE = 366 * 24 * 3600
"""Seconds that a review may be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """`queue` is the slug of the queue that gets the review; `max_rounds` how often changes may be requested. `due` is how
    many seconds people have (None: as long as they like), `on_expiry` what happens then: `approve`, `reject`, or a port."""

    when: When = When.ALWAYS
    queue: str = "default"
    condition: Json = None
    score: str = ""
    below: float = 0.0
    percent: float = 100.0
    max_rounds: int = 3
    due: float | None = None
    on_expiry: str = EXPIRED
    instructions: str = ""

    @classmethod
    def from_document(cls, source: JsonObject) -> Self:
        return cls(**{**source, "when": When(source.get("when", "always"))})


def is_asked_by_score(gate: Gate, score: Json) -> bool:
    """Below the line, or no number at all: a person looks."""
    if isinstance(score, bool) or not isinstance(score, int | float):
        return True
    return score < gate.below


def is_sampled(gate: Gate, draw: float) -> bool:
    """`draw` is from 0 (included) to 1."""
    return draw * 100 < gate.percent
