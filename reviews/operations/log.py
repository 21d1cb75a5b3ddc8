"""Writes the review log. Every act writes its entry in its own function and transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from orchestrator.dispatch import outbox
from reviews.models import Review, ReviewLog
from reviews.policy import Act, Source
from teams.callers import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be kept of an act beside who and when."""

    act: Act
    source: Source
    verdict: str = ""
    hash_before: str = ""
    hash_after: str = ""
    reason_code: str = ""
    comment: str = ""


def ring(team: int) -> None:
    """Pages that show the team's reviews hear of a change once it is stored."""
    transaction.on_commit(lambda: outbox.changed(f"team:{team}:reviews"))


def record(review: Review, entry: Entry, *, now: datetime, by: Caller | None = None) -> None:
    """Add an entry; without `by` the product acted."""
    row = entry_row(review, entry, by=by)
    row.at = now
    row.save(force_insert=True)
    ring(review.team_id)


def entry_row(review: Review, entry: Entry, *, by: Caller | None = None) -> ReviewLog:
    """The entry as a row that is not stored yet; its time is the database's."""
    return ReviewLog(
        review=review,
        act=entry.act.value,
        source=entry.source.value,
        user_id=by.user_id if by else None,
        user_name=by.name if by else "",
        token_id=by.token_id if by else None,
        version_id=review.version_id,
        verdict=entry.verdict,
        hash_before=entry.hash_before,
        hash_after=entry.hash_after,
        reason_code=entry.reason_code,
        comment=entry.comment,
    )
