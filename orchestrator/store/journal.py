"""The journal: intents before calls, outcomes after them, both fenced by the step's attempt, with what they reserve.

Locks are taken in one order: run, step, calls, budgets from narrow to wide, slots.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from orchestrator.engine.values import BatonError, Json
from orchestrator.store import holds, payloads
from orchestrator.store.database import IS_POSTGRES, NOW, array, execute
from orchestrator.store.holds import Holds, Wanted

_LOCKED = "FOR NO KEY UPDATE" if IS_POSTGRES else ""
_LOCK = f"SELECT seq, team_id FROM run WHERE id = %s {_LOCKED}"
_FENCE = """
    UPDATE step SET begun = true WHERE run_id = %s AND path = %s AND attempt = %s AND status = 'running'"""
_CHOSEN = "= ANY(%s)" if IS_POSTGRES else "IN (SELECT value FROM json_each(%s))"
_LOST = f"""
    SELECT key, attempt, holds, kind, request FROM call
    WHERE run_id = %s AND path = %s AND round = %s AND key {_CHOSEN} AND status = 'started'"""
_BEGIN = f"""
    INSERT INTO call (run_id, path, round, key, kind, target, digest, status, attempt, is_idempotent, request, holds, started_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 'started', %s, %s, %s, %s, {NOW})
    ON CONFLICT (run_id, path, round, key) DO UPDATE SET status = 'started', attempt = excluded.attempt,
        digest = excluded.digest, request = excluded.request, target = excluded.target, holds = excluded.holds,
        error = NULL, started_at = excluded.started_at WHERE call.status <> 'done'"""
_END = f"""
    UPDATE call SET status = %s, outcome = %s, error = %s, usage = %s, cost = %s, holds = '[]', ended_at = {NOW}
    WHERE run_id = %s AND path = %s AND round = %s AND key = %s AND attempt = %s AND status = 'started'"""
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
_COUNT = f"UPDATE run SET seq = %s, cost = cost + %s, woken_at = {NOW} WHERE id = %s"
_LEDGER = f"""
    INSERT INTO ledger (team_id, run_id, path, round, key, attempt, provider, model, tokens_in, tokens_cached, tokens_written,
        tokens_out, cost, price, outcome, at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, {NOW})"""
_FORGET_GUESS = """
    DELETE FROM ledger WHERE run_id = %s AND path = %s AND round = %s AND key = %s AND attempt = %s
    AND outcome = 'possibly_billed'"""


_ORPHANS = f"""
    SELECT call.run_id, call.path, call.round, call.key, call.attempt, call.holds, call.kind, call.request, run.team_id FROM call
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
class At:
    """A step's claim and round: where its calls are written."""

    run: int
    path: str
    round: int
    attempt: int


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
class Spent:
    """What a model call used: tokens, micro-dollars (None: unknown), and the price of that day as JSON text."""

    provider: str
    model: str
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_written: int = 0
    tokens_out: int = 0
    cost: int | None = None
    price: str = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ended: `outcome` (a payload reference) or `error` (JSON text)."""

    key: str
    kind: str
    target: str
    outcome: str | None = None
    error: str | None = None
    spent: Spent | None = None
    holds: Holds = field(default_factory=Holds)

    def status(self) -> str:
        return "done" if self.error is None else "failed"


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


def begin(
    *, at: At, intents: Sequence[Intent], kept: Sequence[tuple[str, str]], lost: Sequence[str]
) -> tuple[int, list[Holds]]:
    """Write the intents of all parallel calls of a turn with what they reserve; the run's seq and the holds, in order.

    Raises Fenced, holds.Blocked (then nothing was written).
    """
    with transaction.atomic():
        payloads.write(at.run, kept)
        seq, team = _lock(at)
        if execute(_FENCE, [at.run, at.path, at.attempt]).rowcount != 1:
            raise Fenced(path=at.path)
        _book_lost(at, team, lost)
        taken = [holds.take(one.wanted) for one in intents]
        for one, hold in zip(intents, taken, strict=True):
            values = [at.run, at.path, at.round, one.key, one.kind, one.target, one.digest]
            execute(_BEGIN, [*values, at.attempt, one.is_idempotent, one.request, hold.to_json()])
        _tell(at, seq, [_fact(at, one.key, one.kind, one.target, "started") for one in intents], 0)
    return seq + 1, taken


def end(*, at: At, outcome: Outcome, kept: Sequence[tuple[str, str]] = ()) -> tuple[int, bool]:
    """Write an outcome, its ledger row, and give back what it reserved; the run's seq, and whether the result counts.

    A late one still writes its ledger row, marked wasted; its result is not used.
    """
    with transaction.atomic():
        payloads.write(at.run, kept)
        seq, team = _lock(at)
        counts = execute(_STILL, [at.run, at.path, at.attempt]).fetchone() is not None
        spent = outcome.spent
        usage = json.dumps([spent.tokens_in, spent.tokens_cached, spent.tokens_out]) if spent else None
        cost = spent.cost if spent else None
        where = [at.run, at.path, at.round, outcome.key, at.attempt]
        values = (
            [outcome.status(), outcome.outcome, outcome.error, usage, cost]
            if counts
            else ["lost", None, None, None, None]
        )
        was_open = execute(_END, [*values, *where]).rowcount == 1
        if was_open:
            holds.give_back(outcome.holds, spent=_units(spent))
        if spent:
            _write_ledger(at, team, outcome, spent, counts=counts, was_open=was_open)
        told = [_fact(at, outcome.key, outcome.kind, outcome.target, outcome.status() if counts else "wasted")]
        _tell(at, seq, told, cost or 0)
    return seq + 1, counts and was_open


def record(*, at: At, made: Made, kept: Sequence[tuple[str, str]] = ()) -> int:
    """Write a call that needed no intent: it changes nothing outside, or is an undetermined value. Raises Fenced."""
    with transaction.atomic():
        payloads.write(at.run, kept)
        seq, _ = _lock(at)
        if execute(_FENCE, [at.run, at.path, at.attempt]).rowcount != 1:
            raise Fenced(path=at.path)
        where = [at.run, at.path, at.round, made.key, made.kind, made.target, made.digest]
        execute(_RECORD, [*where, at.attempt, made.request, made.outcome])
        _tell(at, seq, [_fact(at, made.key, made.kind, made.target, "done")], 0)
    return seq + 1


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
    key: str
    holds: str
    kind: str
    request: str
    team: int


def orphans() -> list[Orphan]:
    """At most 200 of them, older than 30 seconds: a result that is on its way may still come."""
    return [
        Orphan(
            at=At(run=run, path=path, round=round_number, attempt=attempt),
            key=key,
            holds=held,
            kind=kind,
            request=request,
            team=team,
        )
        for run, path, round_number, key, attempt, held, kind, request, team in execute(_ORPHANS, []).fetchall()
    ]


def return_orphan(orphan: Orphan) -> bool:
    """Book it as possibly billed and free what it holds; False where it ended meanwhile."""
    at = orphan.at
    with transaction.atomic():
        _lock(at)
        if execute(_LOSE, [at.run, at.path, at.round, orphan.key, at.attempt]).rowcount != 1:
            return False
        held = Holds.from_json(orphan.holds)
        book_as_possibly_billed(
            team=orphan.team, at=at, key=orphan.key, kind=orphan.kind, request=orphan.request, held=held
        )
    return True


def tools_called(*, run: int, path: str) -> list[str]:
    """The tools that any round of the step has called."""
    return [row[0] for row in execute(_TOOLS, [run, path]).fetchall()]


def mark_drift(*, at: At, key: str) -> None:
    """The request was another when it was replayed: kept for the page, nothing else follows."""
    execute(_DRIFT, [at.run, at.path, at.round, key])


def _lock(at: At) -> tuple[int, int]:
    row = execute(_LOCK, [at.run]).fetchone()
    if row is None:
        raise Fenced("The run is gone.", run=at.run)
    return int(row[0]), int(row[1])


def _tell(at: At, seq: int, facts: list[Json], cost: int) -> None:
    execute(_EVENT, [at.run, seq + 1, json.dumps(facts, ensure_ascii=False)])
    execute(_COUNT, [seq + 1, cost, at.run])


def _fact(at: At, key: str, kind: str, target: str, status: str) -> Json:
    return {"call": key, "step": at.path, "round": at.round, "kind": kind, "target": target, "status": status}


def _book_lost(at: At, team: int, keys: Sequence[str]) -> None:
    """A started call without an outcome is made again; what it had reserved is booked as possibly billed."""
    if not keys:
        return
    for key, attempt, held, kind, request in execute(_LOST, [at.run, at.path, at.round, array(keys)]).fetchall():
        before = At(run=at.run, path=at.path, round=at.round, attempt=attempt)
        book_as_possibly_billed(team=team, at=before, key=key, kind=kind, request=request, held=Holds.from_json(held))


def book_as_possibly_billed(*, team: int, at: At, key: str, kind: str, request: str, held: Holds) -> None:
    """Nobody knows whether the vendor answered: the reservation counts as spent."""
    holds.give_back(held, spent=held.reserved())
    if kind == "model":
        said = json.loads(request)
        cost = held.reserved().get("money")
        where = [team, at.run, at.path, at.round, key, at.attempt, said["provider"], said["model"]]
        execute(_LEDGER, [*where, 0, 0, 0, 0, cost, "null", "possibly_billed"])


def _units(spent: Spent | None) -> dict[str, int]:
    if spent is None:
        return {"calls": 1}
    return {"calls": 1, "tokens": spent.tokens_in + spent.tokens_out, "money": spent.cost or 0}


def _write_ledger(at: At, team: int, outcome: Outcome, spent: Spent, *, counts: bool, was_open: bool) -> None:
    if not was_open:
        execute(_FORGET_GUESS, [at.run, at.path, at.round, outcome.key, at.attempt])
    word = "wasted" if not counts else "done" if outcome.error is None else "failed"
    where = [team, at.run, at.path, at.round, outcome.key, at.attempt, spent.provider, spent.model]
    tokens = [spent.tokens_in, spent.tokens_cached, spent.tokens_written, spent.tokens_out]
    execute(_LEDGER, [*where, *tokens, spent.cost, spent.price, word])
