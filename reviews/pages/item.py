"""One review as its page shows it: what is asked, what may be changed and decided, what led to it, and what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from orchestrator.contract.questions import Kind
from orchestrator.queries.words import Word
from reviews import queries
from reviews.models import Vote
from reviews.operations.budgets import MICRO
from reviews.pages.changes import Changes, Round, changes_by, rounds_before
from reviews.pages.editor import Editor, editor_of
from reviews.pages.led import Led, Value, led_to, value_of
from reviews.pages.skipping import skipping_of
from reviews.pages.words import ACTS, KINDS, REASONS, SOURCES, STATES, Button, buttons_of, verdict_word
from reviews.policy import State
from reviews.queries import UNDECIDED, Shown
from reviews.verdicts import editable
from teams.callers import Caller
from teams.policy import Action

LIVE_STATES = {state.value for state in UNDECIDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a person sent or typed: it is never lost, whatever came of it."""

    data: QueryDict
    files: Any = None
    refused: str = ""
    """Why it was not carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """An entry of the log."""

    what: str
    who: str
    at: datetime
    through: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFacts:
    """What is known of a budget that is reached; money in US dollars."""

    unit: str
    most: float
    spent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`editor` is there while it can be decided by who looks at it; `subject` is what is looked at."""

    shown: Shown
    kind: Word
    state: Word
    subject: Value
    tool: str
    budget: BudgetFacts | None
    editor: Editor | None
    ports: tuple[str, ...]
    buttons: tuple[Button, ...]
    comment: str
    chosen: str
    refused: str
    typed: str
    is_posted: bool
    led: Led
    rounds: tuple[Round, ...]
    history: tuple[Deed, ...]
    changes: Changes | None
    reason: str
    is_mine: bool
    may_undo: bool
    may_see_run: bool
    seconds_left: int
    seconds_to_undo: int

    @property
    def review(self) -> Any:
        return self.shown.review

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it yet."""
        return self.shown.review.status in LIVE_STATES

    @property
    def held_by_another(self) -> bool:
        return self.shown.claim is not None and not self.is_mine

    @property
    def is_edited(self) -> bool:
        """Whether the editor begins with another value than the original."""
        return self.editor is not None and self.editor.begins_edited


def read_item(
    *, by: Caller, review: int, now: datetime, posted: Posted | None = None, is_original: bool = False
) -> Item:
    """`is_original`: the editor begins with what was asked, whatever was typed before an undo. Raises NoSuchReview,
    NotAllowed."""
    shown = queries.get_review(review=review, by=by, now=now)
    before = None if is_original else _undone(shown, by)
    is_decidable = shown.review.status in LIVE_STATES and shown.may_decide
    editor = editor_for(shown, posted=posted, before=before) if is_decidable else None
    claim, found = shown.claim, shown.review
    is_mine = claim is not None and claim.user_id == by.user_id
    vote = next((vote for vote in reversed(shown.votes) if vote.undone_at is None), None)
    to_undo = (found.apply_at - now).total_seconds() if found.apply_at else 0
    own = found.status == State.DECIDED and found.decided_by_id == by.user_id
    return Item(
        shown=shown,
        kind=KINDS[found.kind],
        state=_state(shown),
        subject=value_of(editable(shown.question)),
        tool=_tool(shown),
        budget=_budget(shown),
        editor=editor,
        ports=skipping_of(found).ports if editor and found.kind == Kind.INCIDENT else (),
        buttons=_buttons(shown) if is_decidable else (),
        comment=posted.data.get("comment", "") if posted else before.comment if before else "",
        chosen=posted.data.get("verdict", "") if posted else "",
        refused=posted.refused if posted else "",
        typed=typed_text(posted.data) if posted and not is_decidable else "",
        is_posted=posted is not None,
        led=led_to(found),
        rounds=rounds_before(shown),
        history=tuple(_history(shown)),
        changes=changes_by(shown, vote),
        reason=_reason(shown),
        is_mine=is_mine,
        may_undo=own and to_undo > 0,
        may_see_run=by.may(Action.see),
        seconds_left=int((claim.until - now).total_seconds()) if claim else 0,
        seconds_to_undo=max(0, int(to_undo)),
    )


def read_editor(*, by: Caller, review: int, posted: Posted, now: datetime) -> Editor | None:
    """What was posted, over what is asked; None where the caller may not decide it. Raises NoSuchReview, NotAllowed."""
    shown = queries.get_review(review=review, by=by, now=now)
    return editor_for(shown, posted=posted) if shown.may_decide else None


def editor_for(shown: Shown, *, posted: Posted | None = None, before: Vote | None = None) -> Editor:
    """The editor of a review: with what was posted, or with the value of a vote that was taken back."""
    is_incident = shown.question.kind is Kind.INCIDENT
    return editor_of(
        shown.question,
        skip_schema=skipping_of(shown.review).schema if is_incident else None,
        given=json.loads(before.value) if before and before.value is not None else None,
        data=posted.data if posted else None,
        files=posted.files if posted else None,
    )


def typed_text(data: Mapping[str, Any]) -> str:
    """What a person had typed, to be copied: the texts of the form one below the other."""
    names = [name for name in data if (name == "comment" or name.startswith("value")) and "~" not in name]
    texts = [str(data[name]).strip() for name in names]
    return "\n\n".join(text for text in texts if text)


def _undone(shown: Shown, by: Caller) -> Vote | None:
    """The own decision that was taken back: its words are there again."""
    own = [vote for vote in shown.votes if vote.user_id == by.user_id and vote.undone_at is not None]
    return own[-1] if own and shown.review.status in LIVE_STATES else None


def _buttons(shown: Shown) -> tuple[Button, ...]:
    question = shown.question
    is_authors = bool(question.choices) and all(verdict.word in question.choices for verdict in shown.verdicts)
    required = shown.review.queue.reason_required
    return buttons_of(shown.verdicts, reason_required=required, is_authors=is_authors)


def _state(shown: Shown) -> Word:
    review = shown.review
    if review.verdict and review.status in (State.DECIDED, State.CLOSED):
        return verdict_word(review.verdict, shown.question.choices)
    return STATES.get(review.status) or verdict_word(review.verdict, shown.question.choices)


def _tool(shown: Shown) -> str:
    subject = shown.question.subject
    is_call = shown.question.kind is Kind.TOOL_CALL and isinstance(subject, Mapping)
    return str(subject.get("tool") or "") if is_call else ""


def _reason(shown: Shown) -> str:
    """Why it was closed without a vote. Of a cancelled run the questions go first, and do not know why."""
    found = shown.review
    is_cancelled = found.reason == "not_needed" and found.run.status == "cancelled"
    return REASONS["run_cancelled"] if is_cancelled else REASONS.get(found.reason, "")


def _budget(shown: Shown) -> BudgetFacts | None:
    subject = shown.question.subject
    if shown.question.kind is not Kind.BUDGET or not isinstance(subject, Mapping):
        return None
    unit = str(subject.get("unit"))
    factor = MICRO if unit == "money" else 1
    return BudgetFacts(unit=unit, most=subject.get("most", 0) / factor, spent=subject.get("spent", 0) / factor)


def _history(shown: Shown) -> list[Deed]:
    return [
        Deed(
            what=verdict_word(one.verdict, shown.question.choices).text if one.act == "decided" else ACTS[one.act],
            who=one.user_name,
            at=one.at,
            through=SOURCES.get(one.source, ""),
            comment=one.comment,
        )
        for one in shown.log
    ]
