"""What workers held when they were killed, and how long it took until somebody worked on it again."""

import json
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, connection

from orchestrator.models import Event
from orchestrator.store.database import current_time

HELD = """
    SELECT step.run_id, step.path, step.attempt, step.crashes FROM step JOIN worker ON worker.id = step.worker
    WHERE worker.slot = %s AND step.status = 'running'"""


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

    def note(self, worker: str) -> None:
        """Just before its death. Nothing, where the database is away."""
        self.claims += held(worker)

    def restarts(self) -> list[tuple[float, Claim]]:
        """Seconds from each death until the step's next claim. A step whose result came at the last moment has none."""
        found = ((_claimed_again(claim), claim) for claim in self.claims)
        return sorted(((seconds, claim) for seconds, claim in found if seconds is not None), key=lambda one: one[0])


def held(worker: str) -> list[Claim]:
    """The claims of the worker in that slot."""
    try:
        now = current_time()
        with connection.cursor() as cursor:
            cursor.execute(HELD, [worker])
            rows = cursor.fetchall()
    except (DatabaseError, InterfaceError):
        connection.close()
        return []
    return [Claim(run=run, path=path, attempt=attempt, crashes=crashes, at=now) for run, path, attempt, crashes in rows]


def _claimed_again(claim: Claim) -> float | None:
    events = Event.unscoped.filter(run=claim.run, at__gt=claim.at).order_by("seq").values_list("at", "facts")
    for at, facts in events:
        for fact in json.loads(facts):
            if fact.get("step") == claim.path and fact.get("status") == "running" and fact["attempt"] > claim.attempt:
                return float(at) - claim.at
    return None


def percentile(found: list[float], share: float) -> float:
    """Of sorted numbers; 0 of none."""
    return found[min(len(found) - 1, int(len(found) * share))] if found else 0.0
