"""Reviewers: two threads that decide what they find, in each other's way, and look outside before they decide on an incident."""

import json
import random
import threading
from collections import Counter
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from orchestrator.engine.values import BatonError
from reviews.models import Review
from reviews.operations import decide
from reviews.policy import Source, State
from reviews.verdicts import Given
from teams.callers import Caller
from tests.plugins.tools._outside import Outside

PAUSE = 0.2


@dataclass
class Reviewer:
    """One of them. `counts` says what was decided, and how often somebody else had been quicker."""

    by: Caller
    outside: Outside
    seed: int
    ended: threading.Event
    counts: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        threading.Thread(target=self._work, name=f"reviewer-{self.seed}", daemon=True).start()

    def _work(self) -> None:
        chance = random.Random(self.seed)
        while not self.ended.wait(PAUSE):
            try:
                self._decide_some(chance)
            except (DatabaseError, InterfaceError):
                connection.close()
                self.counts["the database was away"] += 1

    def _decide_some(self, chance: random.Random) -> None:
        found = list(Review.unscoped.filter(team=self.by.team_id, status=State.OPEN).select_related("run")[:20])
        chance.shuffle(found)
        for review in found:
            given = self._verdict(review, random.Random(f"{review.pk}"))
            try:
                decide(review=review.pk, by=self.by, given=given, source=Source.API, now=timezone.now())
                self.counts[given.verdict] += 1
            except BatonError as error:
                self.counts[error.code] += 1

    def _verdict(self, review: Review, chance: random.Random) -> Given:
        job = json.loads(review.run.input)["job"]
        if review.kind == "incident":
            return self._incident(review.path, job)
        drawn = chance.random()
        if drawn < 0.1:
            return Given(verdict="rejected", comment="No.")
        if drawn < 0.2:
            return Given(verdict="edited", value={"job": job} if review.kind == "tool_call" else "edited text")
        return Given(verdict="approved")

    def _incident(self, path: str, job: int) -> Given:
        """Poison is skipped; a charge is made again only if it was not made: they looked."""
        if path == "poison" or (path == "charge" and self.outside.seen["charge", job]):
            return Given(verdict="skipped", value={"typed": True})
        return Given(verdict="retried")
