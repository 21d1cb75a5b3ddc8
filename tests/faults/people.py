"""Reviewers: two people who decide the same reviews at the same moment, each in a way of their own. They look outside before
they decide on an incident."""

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
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
WON, AWAY = "won", "the database was away"
RAISED_BY = 1_000


@dataclass
class Rivals:
    """The two. `counts` says what was decided and what the slower one was told, `both` which reviews both of them won."""

    people: tuple[Caller, Caller]
    outside: Outside
    ended: threading.Event
    counts: Counter[str] = field(default_factory=Counter)
    both: list[int] = field(default_factory=list)
    _hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="rival"))

    def start(self) -> None:
        threading.Thread(target=self._work, name="rivals", daemon=True).start()

    def _work(self) -> None:
        while not self.ended.wait(PAUSE):
            try:
                self._decide_some()
            except (DatabaseError, InterfaceError):
                connection.close()
                self.counts[AWAY] += 1

    def _decide_some(self) -> None:
        team = self.people[0].team_id
        found = Review.unscoped.filter(team=team, status=State.OPEN).select_related("run", "budget").order_by("id")
        for review in found[:20]:
            gate = threading.Barrier(2)
            hands = [self._hands.submit(self._decide, review, person, gate) for person in self.people]
            won = [hand.result() for hand in hands].count(WON)
            if won > 1:
                self.both.append(review.pk)

    def _decide(self, review: Review, person: Caller, gate: threading.Barrier) -> str:
        """What came of it, as one of the two."""
        try:
            given = self._verdict(review, random.Random(f"{review.pk} {person.name}"))
            gate.wait(5)
            decide(review=review.pk, by=person, given=given, source=Source.API, now=timezone.now())
        except BatonError as error:
            told = error.code
        except (DatabaseError, InterfaceError):
            connection.close()
            told = AWAY
        else:
            self.counts[given.verdict] += 1
            return WON
        self.counts[told] += 1
        return told

    def _verdict(self, review: Review, chance: random.Random) -> Given:
        if review.kind == "budget":
            return Given(verdict="raised", value={"amount": RAISED_BY})
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
            return Given(verdict="skipped", value={"result": "typed"})
        return Given(verdict="retried")
