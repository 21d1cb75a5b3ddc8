"""What may be decided about each kind of review, and whether what somebody decided can be used. Pure: no Django.

The table is printed into docs/states.md by `make docs`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from orchestrator.contract.cleaning import cleaned
from orchestrator.contract.json_schema import WrongSchema, problems_of, with_defaults
from orchestrator.contract.questions import Kind, PersonQuestion
from orchestrator.engine.values import Json, JsonObject
from reviews.errors import WrongDecision

LONGEST_COMMENT = 20_000
LONGEST_REASON = 40
SKIPPED = "skipped"


class Takes(StrEnum):
    """Whether a verdict comes with a value: edited output or arguments, a filled form, a typed output."""

    NONE = "none"
    VALUE = "value"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A word that a review of a kind may be decided with."""

    word: str
    sentence: str
    takes: Takes = Takes.NONE
    needs_comment: bool = False
    refuses: bool = False
    """Whether a queue that requires reasons requires one for it."""


APPROVED = Verdict(word="approved", sentence="It goes on as it is.")
EDITED = Verdict(word="edited", sentence="The person's version goes on in its place.", takes=Takes.VALUE)
CHANGES = Verdict(
    word="changes_requested",
    sentence="The step runs again, in a new round, with its last output, the comment and the marked places.",
    takes=Takes.MAYBE,
    needs_comment=True,
)
REJECTED = Verdict(word="rejected", sentence="It does not go on.", refuses=True)

VERDICTS: Mapping[Kind, tuple[Verdict, ...]] = MappingProxyType(
    {
        Kind.OUTPUT: (APPROVED, EDITED, CHANGES, REJECTED),
        Kind.TOOL_CALL: (
            Verdict(word="approved", sentence="The tool is called with these arguments."),
            Verdict(word="edited", sentence="The tool is called with the person's arguments.", takes=Takes.VALUE),
            Verdict(word="rejected", sentence="It is not called; the comment goes back to the model.", refuses=True),
        ),
        Kind.PLAN: (APPROVED, EDITED, CHANGES, REJECTED),
        Kind.BUDGET: (
            Verdict(word="raised", sentence="The budget is raised by the amount.", takes=Takes.VALUE),
            Verdict(
                word="cheaper",
                sentence="Its calls go on with the team's cheaper model; an amount raises it besides.",
                takes=Takes.MAYBE,
            ),
            Verdict(word="stopped", sentence="What waits for the budget fails.", refuses=True),
        ),
        Kind.INPUT: (
            Verdict(word="answered", sentence="The filled form goes on.", takes=Takes.VALUE),
            Verdict(word="declined", sentence="Nobody fills it in.", refuses=True),
        ),
        Kind.INCIDENT: (
            Verdict(word="retried", sentence="The step runs again, in a new round."),
            Verdict(word=SKIPPED, sentence="The step counts as done with the typed output.", takes=Takes.VALUE),
            Verdict(word="failed", sentence="The step fails.", refuses=True),
        ),
    }
)
MARKS: JsonObject = {
    "type": "array",
    "maxItems": 200,
    "items": {
        "type": "object",
        "required": ["text", "comment"],
        "properties": {
            "text": {"type": "string"},
            "comment": {"type": "string"},
            "at": {"type": "integer", "minimum": 0},
        },
        "additionalProperties": False,
    },
}
"""What a request for changes may mark: a place's text, its first character, and what is wrong with it."""
WITH_CHOICES = frozenset({Kind.OUTPUT, Kind.PLAN, Kind.INPUT})
"""The kinds of a Checkpoint, whose author may name buttons of his own; they take the place of the kind's verdicts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody says: a verdict's word, the value where it takes one, a comment, a queue's code of a reason; of a step
    that is skipped also the port that it takes (empty: out)."""

    verdict: str
    value: Json = None
    comment: str = ""
    reason: str = ""
    port: str = ""


def verdicts_of(question: PersonQuestion, *, is_gate: bool) -> tuple[Verdict, ...]:
    """What may be decided about it, in the order of the buttons. Behind a gate a step can be sent back; a checkpoint has no
    work of its own to do again."""
    if question.choices and question.kind in WITH_CHOICES:
        return tuple(
            Verdict(word=port, sentence=str(label), takes=Takes.MAYBE) for port, label in question.choices.items()
        )
    if question.kind is Kind.OUTPUT and not is_gate:
        return tuple(verdict for verdict in VERDICTS[Kind.OUTPUT] if verdict is not CHANGES)
    if question.kind is Kind.BUDGET and not _names_cheaper_model(question.subject):
        return tuple(verdict for verdict in VERDICTS[Kind.BUDGET] if verdict.word != "cheaper")
    return VERDICTS[question.kind]


def _names_cheaper_model(subject: Json) -> bool:
    return isinstance(subject, Mapping) and bool(subject.get("cheaper_model"))


def check_decision(
    *, question: PersonQuestion, given: Given, is_gate: bool, reason_required: bool, most_bytes: int
) -> Given:
    """What is to be kept of it: fit for every store, a form with its defaults. Raises WrongDecision, which says what to do."""
    said = Given(
        verdict=given.verdict,
        value=cleaned(given.value),
        comment=cleaned(given.comment).strip(),
        reason=cleaned(given.reason).strip(),
        port=cleaned(given.port).strip(),
    )
    offered = verdicts_of(question, is_gate=is_gate)
    verdict = _verdict(offered, said.verdict)
    _check_words(verdict, said, reason_required=reason_required)
    if said.port and verdict.word != SKIPPED:
        raise WrongDecision(f"{verdict.word} takes no port: leave it out.")
    if verdict.takes is Takes.NONE and said.value is not None:
        raise WrongDecision(_superfluous(offered, verdict))
    if verdict.takes is Takes.VALUE and said.value is None:
        raise WrongDecision(f"{verdict.word} needs a value: {verdict.sentence}")
    if said.value is None:
        return said
    schema = MARKS if verdict is CHANGES else _schema(question)
    value = with_defaults(said.value, schema) if question.kind is Kind.INPUT else said.value
    _check_value(value, schema, most_bytes)
    return replace(said, value=value)


def _verdict(offered: Sequence[Verdict], word: str) -> Verdict:
    for verdict in offered:
        if verdict.word == word:
            return verdict
    words = ", ".join(verdict.word for verdict in offered)
    raise WrongDecision(f"{word!r} is no verdict here. Use one of: {words}.", verdicts=words.split(", "))


def _superfluous(offered: Sequence[Verdict], verdict: Verdict) -> str:
    others = [other.word for other in offered if other.takes is Takes.VALUE]
    return f"{verdict.word} takes no value. To change what goes on, use {' or '.join(others) or 'another verdict'}."


def _check_words(verdict: Verdict, given: Given, *, reason_required: bool) -> None:
    if verdict.needs_comment and not (given.comment or given.value):
        raise WrongDecision("Say in the comment what should change: the step gets it.")
    if verdict.refuses and reason_required and not (given.comment or given.reason):
        raise WrongDecision("This queue wants a reason: say in the comment why.")
    if len(given.comment) > LONGEST_COMMENT:
        raise WrongDecision(f"A comment has at most {LONGEST_COMMENT:,} characters.")
    if len(given.reason) > LONGEST_REASON:
        raise WrongDecision(f"The code of a reason has at most {LONGEST_REASON} characters; the words are the comment.")


def _check_value(value: Json, schema: JsonObject, most_bytes: int) -> None:
    size = _size(value)
    if size > most_bytes:
        raise WrongDecision(f"This value has {size:,} bytes; it may have {most_bytes:,}.", size=size)
    try:
        problems = problems_of(value, schema)
    except WrongSchema:
        return  # the asker's schema is no use: a person's answer must not be lost for it
    if problems:
        raise WrongDecision(f"The value does not fit. {'; '.join(problems)}.", problems=problems)


def _size(value: Json) -> int:
    try:
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())
    except ValueError:
        raise WrongDecision("The value has a number that is none (NaN or infinity).") from None


def _schema(question: PersonQuestion) -> JsonObject:
    if question.schema is not None:
        return question.schema
    return {"type": "object"} if question.kind is Kind.TOOL_CALL else {}


def editable(question: PersonQuestion) -> Json:
    """What a person may change: of a tool call its arguments, else all that is looked at."""
    if question.kind is Kind.TOOL_CALL and isinstance(question.subject, Mapping):
        return question.subject.get("arguments")
    return question.subject


def digest(value: Json) -> str:
    """The hash of a value for the log: SHA-256 of its JSON with sorted keys."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def verdict_table() -> str:
    """The verdicts of each kind as a Markdown table, for docs/states.md."""
    lines = ["| kind | verdict | value | what it does |", "| --- | --- | --- | --- |"]
    for kind, verdicts in VERDICTS.items():
        for verdict in verdicts:
            takes = {Takes.VALUE: "needed", Takes.MAYBE: "possible"}.get(verdict.takes, "")
            lines.append(f"| {kind} | {verdict.word} | {takes} | {verdict.sentence} |")
    return "\n".join(lines) + "\n"
