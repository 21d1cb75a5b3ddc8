"""Who changed what: the person's version beside the original, and the rounds before this one beside each other."""

import json
from dataclasses import dataclass

from orchestrator.contract.questions import Kind
from orchestrator.engine.values import Json
from orchestrator.queries.words import Word
from reviews.models import Review, Vote
from reviews.pages.editor import part_of
from reviews.pages.led import Value, value_of
from reviews.pages.words import verdict_word
from reviews.queries import Shown
from reviews.reading import stored_question
from reviews.verdicts import CHANGES, editable

MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Two versions: as texts where both are one, else as JSON; the templates draw the difference."""

    before: Json
    after: Json
    who: str = ""
    comment: str = ""

    @property
    def are_texts(self) -> bool:
        return isinstance(self.before, str) and isinstance(self.after, str)

    @property
    def is_new(self) -> bool:
        """Whether there was nothing before: a form that was filled in."""
        return self.before is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """An earlier review of the same step: what it was about, what was said about it, and what differs since."""

    review: Review
    verdict: Word
    comment: str
    value: Value
    since: Changes | None


def compared(before: Json, after: Json, *, who: str = "", comment: str = "") -> Changes:
    """Of two outputs that are texts, those texts alone."""
    old, new = part_of(before, {}), part_of(after, {})
    if old.is_text and new.is_text:
        return Changes(before=old.value, after=new.value, who=who, comment=comment)
    return Changes(before=before, after=after, who=who, comment=comment)


def changes_by(shown: Shown, vote: Vote | None) -> Changes | None:
    """What the vote in force put in the place of what was asked about; None where it put nothing there."""
    if vote is None or vote.value is None or vote.verdict == CHANGES.word:
        return None
    before = editable(shown.question) if shown.question.kind in (Kind.OUTPUT, Kind.TOOL_CALL, Kind.PLAN) else None
    return compared(before, json.loads(vote.value), who=vote.name, comment=vote.comment)


def rounds_before(shown: Shown) -> tuple[Round, ...]:
    """The newest first, at most five."""
    own = [one for one in shown.rounds if one.round < shown.review.round][-MOST_ROUNDS:]
    if not own:
        return ()
    team = shown.review.team_id
    votes = Vote.objects.of(team).filter(review__in=[one.pk for one in own], undone_at=None)
    comments = dict(votes.values_list("review", "comment"))
    bodies = dict(Review.objects.of(team).filter(pk__in=[one.pk for one in own]).values_list("pk", "body"))
    found, after = [], editable(shown.question)
    for one in reversed(own):
        before = editable(stored_question(kind=one.kind, path=one.path, key=one.key, body=bodies[one.pk]))
        found.append(
            Round(
                review=one,
                verdict=verdict_word(one.verdict),
                comment=comments.get(one.pk, ""),
                value=value_of(before),
                since=compared(before, after),
            )
        )
        after = before
    return tuple(found)
