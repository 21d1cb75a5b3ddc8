"""Reads comments. Of one team; whether the subject may be seen, the app above has looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from teams.callers import Caller
from teams.models import Comment, User
from teams.policy import Action

MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A comment as people see it. `mentions` are the names of the people whom it names."""

    id: int
    subject: str
    place: str
    text: str
    mentions: Sequence[str]
    author: str
    is_own: bool
    created_at: datetime
    edited_at: datetime | None


def comments_on(*, by: Caller, subject: str, place: str | None = None) -> list[Said]:
    """The newest 500, oldest first; of one place (empty: the whole), or without `place` of all. Raises NotAllowed."""
    by.demand(Action.see)
    rows = Comment.objects.of(by.team_id).filter(subject=subject)
    if place is not None:
        rows = rows.filter(place=place)
    found = list(rows.order_by("-pk")[:MOST])[::-1]
    named = User.objects.in_bulk({user for one in found for user in one.mentions})
    return [_said(one, by, [str(named[user]) for user in one.mentions if user in named]) for one in found]


def said_of(comment: Comment, *, by: Caller) -> Said:
    """One comment that was just written."""
    named = User.objects.in_bulk(comment.mentions)
    return _said(comment, by, [str(user) for user in named.values()])


def _said(comment: Comment, by: Caller, mentions: Sequence[str]) -> Said:
    return Said(
        id=comment.pk,
        subject=comment.subject,
        place=comment.place,
        text=comment.text,
        mentions=mentions,
        author=comment.author_name,
        is_own=by.user_id is not None and comment.author_id == by.user_id and by.may(Action.comment),
        created_at=comment.created_at,
        edited_at=comment.edited_at,
    )
