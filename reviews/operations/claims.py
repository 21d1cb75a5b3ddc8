"""A reviewer's hold on a review: for a while, renewed by claiming again, taken over by others who say so."""

from datetime import datetime, timedelta

from django.db import transaction

from reviews import policy
from reviews.errors import HeldByAnother
from reviews.models import Claim, Review
from reviews.operations.log import Entry, record
from reviews.operations.standing import stand_still
from reviews.policy import Act, Source
from reviews.visibility import decidable
from teams.callers import Caller


def claim(*, review: int, by: Caller, source: Source, now: datetime, take_over: bool = False) -> Claim:
    """Hold the review for a quarter of an hour from now. Raises HeldByAnother (unless it is taken over), WrongState,
    NoSuchReview, NotInQueue, NotAllowed."""
    found = decidable(review, by)
    with transaction.atomic():
        stand_still(found, Act.TAKE_OVER if take_over else Act.CLAIM)
        old = holder(found, now=now)
        is_mine = old is not None and old.user_id == by.user_id
        if old and not is_mine and not take_over:
            raise held_by(old)
        since = old.claimed_at if old and is_mine else now
        row = _seat(found, by, since=since, until=now + timedelta(seconds=policy.LEASE_SECONDS))
        if not is_mine:
            record(found, Entry(act=Act.TAKE_OVER if old else Act.CLAIM, source=source), by=by, now=now)
    return row


def release(*, review: int, by: Caller, source: Source, now: datetime) -> None:
    """Let go of it. Raises HeldByAnother, NoSuchReview, NotInQueue, NotAllowed."""
    found = decidable(review, by)
    with transaction.atomic():
        held = Claim.objects.of(by.team_id).filter(review=found)
        if held.filter(user=by.user_id).delete()[0]:
            record(found, Entry(act=Act.RELEASE, source=source), by=by, now=now)
        elif other := held.filter(until__gt=now).first():
            raise held_by(other)


def holder(review: Review, *, now: datetime, but: int | None = None) -> Claim | None:
    """Who holds it now, `but` this person."""
    held = Claim.objects.of(review.team_id).filter(review=review, until__gt=now)
    return (held if but is None else held.exclude(user=but)).first()


def held_by(other: Claim) -> HeldByAnother:
    return HeldByAnother(
        f"{other.name} holds this review until {other.until:%H:%M} UTC. Take it over, or leave it to them.",
        holder=other.name,
        until=other.until.isoformat(),
    )


def _seat(review: Review, by: Caller, *, since: datetime, until: datetime) -> Claim:
    """Take the review's one seat; whoever had it has lost it."""
    values = {"user_id": by.user_id, "name": by.name, "claimed_at": since, "until": until}
    row, _ = review.claims.update_or_create(seat=0, defaults=values)
    return row
