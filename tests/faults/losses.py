"""What workers held when they were killed, and how long it took until somebody worked on it again."""

import json
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, connection

from orchestrator.models import Event
from orchestrator.store.database import current_time

HELD = """
    SELECT run_id, path, attempt, crashes FROM step WHERE status = 'running'
    AND worker = (SELECT id FROM worker WHERE slot = %s AND seen_at <= %s ORDER BY seen_at DESC LIMIT 1)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A step that a worker held; `at` on the database's clock."""

    run: int
    path: str
    attempt: int
    crashes: int
    at: float


@dataclass
class Losses:
    """Everything that was held by somebody who was killed."""

    claims: list[Claim] = field(default_factory=list)
    standstills: list[tuple[float, float]] = field(default_factory=list)
    """When nobody could restart anything, because the whole machine slept: it does not count."""

    def note(self, worker: str) -> None:
        """Just before its death. Nothing, where the database is away."""
        self.claims += held(worker)

    def restarts(self) -> list[tuple[float, Claim]]:
        """Seconds from each death until the step's next claim. A step whose result came at the last moment has none."""
        found = ((claim, _claimed_again(claim)) for claim in self.claims)
        counted = [(self._awake(claim.at, again), claim) for claim, again in found if again is not None]
        return sorted(counted, key=lambda one: one[0])

    def _awake(self, begin: float, end: float) -> float:
        """Seconds between two times in which the machine did not sleep."""
        asleep = sum(max(0.0, min(end, until) - max(begin, since)) for since, until in self.standstills)
        return end - begin - asleep


def held(worker: str) -> list[Claim]:
    """The claims of the worker in that slot; of its newest process alone: what an earlier one left is a crash of that one."""
    try:
        now = current_time()
        with connection.cursor() as cursor:
            cursor.execute(HELD, [worker, now])
            rows = cursor.fetchall()
    except (DatabaseError, InterfaceError):
        connection.close()
        return []
    return [Claim(run=run, path=path, attempt=attempt, crashes=crashes, at=now) for run, path, attempt, crashes in rows]


def _claimed_again(claim: Claim) -> float | None:
    """When, on the database's clock."""
    events = Event.unscoped.filter(run=claim.run, at__gt=claim.at).order_by("seq").values_list("at", "facts")
    for at, facts in events:
        for fact in json.loads(facts):
            if fact.get("step") == claim.path and fact.get("status") == "running" and fact["attempt"] > claim.attempt:
                return float(at)
    return None


def percentile(found: list[float], share: float) -> float:
    """Of sorted numbers; 0 of none."""
    return found[min(len(found) - 1, int(len(found) * share))] if found else 0.0
