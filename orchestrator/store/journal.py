"""The journal: intents before calls, outcomes after them, both fenced by the step's attempt, with what they reserve.

Locks are taken in one order: run, step, calls, budgets from narrow to wide, slots.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction

from orchestrator.engine.values import BatonError, Json
from orchestrator.store import holds, ledger, payloads
from orchestrator.store.database import IS_POSTGRES, NOW, array, execute
from orchestrator.store.holds import Holds, Wanted
from orchestrator.store.ledger import At, Outcome, Started

_LOCKED = "FOR NO KEY UPDATE" if IS_POSTGRES else ""
_LOCK = f"SELECT seq, team_id, stored FROM run WHERE id = %s {_LOCKED}"
_FENCE = """
    UPDATE step SET begun = true WHERE run_id = %s AND path = %s AND attempt = %s AND status = 'running'"""
_CHOSEN = "= ANY(%s)" if IS_POSTGRES else "IN (SELECT value FROM json_each(%s))"
_LOST = f"""
    SELECT key, attempt, kind, request, holds FROM call
    WHERE run_id = %s AND path = %s AND round = %s AND key {_CHOSEN} AND status = 'started'"""
_BEGIN = f"""
    INSERT INTO call (run_id, path, round, key, kind, target, digest, status, attempt, is_idempotent, request, holds, started_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 'started', %s, %s, %s, %s, {NOW})
    ON CONFLICT (run_id, path, round, key) DO UPDATE SET status = 'started', attempt = excluded.attempt,
        digest = excluded.digest, request = excluded.request, target = excluded.target, holds = excluded.holds,
        error = NULL, started_at = excluded.started_at WHERE call.status NOT IN ('done', 'started')"""
_END = f"""
    UPDATE call SET status = %s, outcome = %s, error = %s, usage = %s, cost = %s, holds = '[]', ended_at = {NOW}
    WHERE run_id = %s AND path = %s AND round = %s AND key = %s AND attempt = %s AND status = 'started'"""
_IS_ENDED = """
    SELECT 1 FROM call WHERE run_id = %s AND path = %s AND round = %s AND key = %s AND attempt = %s
    AND status IN ('done', 'failed')"""
_STILL = "SELECT 1 FROM step WHERE run_id = %s AND path = %s AND attempt = %s AND status = 'running'"
_RECORD = f"""
    INSERT INTO call (run_id, path, round, key, kind, target, digest, status, attempt, is_idempotent, request, outcome,
        started_at, ended_at) VALUES (%s, %s, %s, %s, %s, %s, %s, 'done', %s, true, %s, %s, {NOW}, {NOW})
    ON CONFLICT (run_id, path, round, key) DO NOTHING"""
_READ = """
    SELECT key, kind, target, digest, status, is_idempotent, outcome, error, attempt, request FROM call
    WHERE run_id = %s AND path = %s AND round = %s"""
_TOOLS = "SELECT DISTINCT target FROM call WHERE run_id = %s AND path = %s AND kind = 'tool' AND status = 'done'"
_DRIFT = "UPDATE call SET drifted = true WHERE run_id = %s AND path = %s AND round = %s AND key = %s"
_EVENT = f"INSERT INTO event (run_id, seq, at, facts) VALUES (%s, %s, {NOW}, %s)"
_COUNT = f"UPDATE run SET seq = %s, cost = cost + %s, stored = stored + %s, woken_at = {NOW} WHERE id = %s"
_PAY = "UPDATE run SET cost = cost + %s WHERE id = %s"

_ORPHANS = f"""
    SELECT call.run_id, call.path, call.round, call.key, call.attempt, call.kind, call.request, call.holds, run.team_id FROM call
    JOIN run ON run.id = call.run_id JOIN step ON step.run_id = call.run_id AND step.path = call.path
    WHERE call.status = 'started' AND call.started_at < {NOW} - 30
    AND (step.status IN ('succeeded', 'failed', 'cancelled', 'skipped') OR step.round <> call.round
        OR call.is_idempotent AND (step.status <> 'running' OR step.attempt <> call.attempt)) LIMIT 200"""
_LOSE = """
    UPDATE call SET status = 'lost', holds = '[]' WHERE run_id = %s AND path = %s AND round = %s AND key = %s
    AND attempt = %s AND status = 'started'"""


class Fenced(BatonError):
    """This attempt of the step is over; its calls no longer count."""

    code = "fenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A call that is about to be made. `request` is JSON text, `wanted` what it takes of budgets and limits."""

    key: str
    kind: str
    target: str
    digest: str
    request: str
    is_idempotent: bool = True
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that is done and needed no intent."""

    key: str
    kind: str
    target: str
    digest: str
    request: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A call as the journal has it."""

    key: str
    kind: str
    target: str
    digest: str
    status: str
    is_idempotent: bool
    outcome: str | None
    error: str | None
    attempt: int
    request: str


class Locked(NamedTuple):
    """Of the run's row, while the transaction holds it: its commits, its team, the bytes that it has stored."""

    seq: int
    team: int
    stored: int


def begin(
    *, at: At, intents: Sequence[Intent], kept: Sequence[tuple[str, str]], lost: Sequence[str]
) -> tuple[int, list[Holds]]:
    """Write the intents of all parallel calls of a turn with what they reserve; the run's seq and the holds, in order.

    `lost` are keys that may have begun before: where such a call never ended, it is booked as possibly billed.
    Raises Fenced, holds.Blocked, RunTooLarge (then nothing was written).
    """
    with transaction.atomic():
        size = payloads.insert(at.run, kept) + payloads.size_of(*(one.request for one in intents))
        run = _lock(at)
        payloads.check_room(at.run, stored=run.stored, size=size)
        _fence(at)
        cost = _book_lost(at, run.team, lost)
        taken = [holds.take(one.wanted) for one in intents]
        for one, hold in zip(intents, taken, strict=True):
            _write_intent(at, one, hold)
        told = [_fact(at, one.key, one.kind, one.target, "started") for one in intents]
        return _tell(at, run, told, cost=cost, size=size), taken


def _write_intent(at: At, one: Intent, hold: Holds) -> None:
    values = [at.run, at.path, at.round, one.key, one.kind, one.target, one.digest]
    written = execute(_BEGIN, [*values, at.attempt, one.is_idempotent, one.request, hold.to_json()])
    if written.rowcount != 1:  # nobody must overwrite what another one holds
        raise Fenced(f"The call {one.key} is under way, or done.", path=at.path)


def end(*, at: At, outcome: Outcome, kept: Sequence[tuple[str, str]] = (), must_fit: bool = False) -> tuple[int, bool]:
    """Write an outcome, its ledger row, and give back what it reserved; the run's seq, and whether the result counts.

    A late one still writes its ledger row, marked wasted; its result is not used. A second try, after the answer of the first
    was lost, changes nothing and says the same. With `must_fit` it raises RunTooLarge: then nothing was written.
    """
    with transaction.atomic():
        size = payloads.insert(at.run, kept) + payloads.size_of(outcome.outcome, outcome.error)
        run = _lock(at)
        if must_fit:
            payloads.check_room(at.run, stored=run.stored, size=size)
        counts = execute(_STILL, [at.run, at.path, at.attempt]).fetchone() is not None
        if _close(at, outcome, counts=counts):
            cost: int | None = ledger.settle(at, run.team, outcome, counts=counts)
        elif execute(_IS_ENDED, [*_place(at), outcome.key, at.attempt]).fetchone():
            return run.seq, counts
        else:
            counts, cost = False, ledger.replace_guess(at, run.team, outcome)
        if cost is None:
            return run.seq, False
        told = [_fact(at, outcome.key, outcome.kind, outcome.target, outcome.status() if counts else "wasted")]
        return _tell(at, run, told, cost=cost, size=size), counts


def _close(at: At, outcome: Outcome, *, counts: bool) -> bool:
    """Whether the call was still open under this attempt."""
    spent = outcome.spent
    usage = json.dumps([spent.tokens_in, spent.tokens_cached, spent.tokens_out]) if spent else None
    values = [outcome.status(), outcome.outcome, outcome.error, usage, spent.cost if spent else None]
    if not counts:
        values = ["lost", None, None, None, None]
    return bool(execute(_END, [*values, *_place(at), outcome.key, at.attempt]).rowcount == 1)


def record(*, at: At, made: Made, kept: Sequence[tuple[str, str]] = ()) -> int:
    """Write a call that needed no intent: it changes nothing outside, or is an undetermined value. Raises Fenced,
    RunTooLarge."""
    with transaction.atomic():
        size = payloads.insert(at.run, kept) + payloads.size_of(made.request, made.outcome)
        run = _lock(at)
        payloads.check_room(at.run, stored=run.stored, size=size)
        _fence(at)
        where = [*_place(at), made.key, made.kind, made.target, made.digest]
        execute(_RECORD, [*where, at.attempt, made.request, made.outcome])
        return _tell(at, run, [_fact(at, made.key, made.kind, made.target, "done")], size=size)


def entries(*, run: int, path: str, round_number: int) -> dict[str, Entry]:
    """The journal of a round by key, in one query; stored payloads are read in a second."""
    rows = execute(_READ, [run, path, round_number]).fetchall()
    stored = payloads.bodies(run, [row[6] for row in rows if row[6]])
    return {
        row[0]: Entry(
            key=row[0],
            kind=row[1],
            target=row[2],
            digest=row[3],
            status=row[4],
            is_idempotent=bool(row[5]),
            outcome=stored.get(row[6], row[6]),
            error=row[7],
            attempt=row[8],
            request=row[9],
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A started call that nobody will end: its step is final, in another round, or was taken back from its worker. In the
    last case a call that must not be repeated stays started: that is how its step knows that it has to ask."""

    at: At
    team: int
    started: Started


def orphans() -> list[Orphan]:
    """At most 200 of them, older than 30 seconds: a result that is on its way may still come."""
    return [
        Orphan(
            at=At(run=run, path=path, round=round_number, attempt=attempt),
            team=team,
            started=Started(key=key, kind=kind, request=request, holds=held),
        )
        for run, path, round_number, key, attempt, kind, request, held, team in execute(_ORPHANS, []).fetchall()
    ]


def return_orphan(orphan: Orphan) -> bool:
    """Book it as possibly billed and free what it holds; False where it ended meanwhile."""
    with transaction.atomic():
        _lock(orphan.at)
        cost = _lose(orphan.at, orphan.team, orphan.started)
        if cost:
            execute(_PAY, [cost, orphan.at.run])
    return cost is not None


def tools_called(*, run: int, path: str) -> list[str]:
    """The tools that any round of the step has called."""
    return [row[0] for row in execute(_TOOLS, [run, path]).fetchall()]


def mark_drift(*, at: At, key: str) -> None:
    """The request was another when it was replayed: kept for the page, nothing else follows."""
    execute(_DRIFT, [at.run, at.path, at.round, key])


def _lock(at: At) -> Locked:
    row = execute(_LOCK, [at.run]).fetchone()
    if row is None:
        raise Fenced("The run is gone.", run=at.run)
    return Locked(*map(int, row))


def _fence(at: At) -> None:
    if execute(_FENCE, [at.run, at.path, at.attempt]).rowcount != 1:
        raise Fenced(path=at.path)


def _place(at: At) -> list[Json]:
    return [at.run, at.path, at.round]


def _tell(at: At, run: Locked, facts: list[Json], *, size: int, cost: int = 0) -> int:
    """The event and the run's counters; the run's new seq."""
    execute(_EVENT, [at.run, run.seq + 1, json.dumps(facts, ensure_ascii=False)])
    execute(_COUNT, [run.seq + 1, cost, size, at.run])
    return run.seq + 1


def _fact(at: At, key: str, kind: str, target: str, status: str) -> Json:
    return {"call": key, "step": at.path, "round": at.round, "kind": kind, "target": target, "status": status}


def _book_lost(at: At, team: int, keys: Sequence[str]) -> int:
    """A started call without an outcome is made again; what it may have cost is booked. Micro-dollars."""
    if not keys:
        return 0
    cost = 0
    for key, attempt, kind, request, held in execute(_LOST, [*_place(at), array(keys)]).fetchall():
        before = At(run=at.run, path=at.path, round=at.round, attempt=attempt)
        cost += _lose(before, team, Started(key=key, kind=kind, request=request, holds=held)) or 0
    return cost


def _lose(at: At, team: int, started: Started) -> int | None:
    """Take a started call for lost; micro-dollars that it may have cost, None where it ended meanwhile."""
    if execute(_LOSE, [*_place(at), started.key, at.attempt]).rowcount != 1:
        return None
    return ledger.book_lost(at, team, started)
