"""Leases of processes, the cluster's tick, and what the sweeper looks for. Every time is on the database's clock."""

from dataclasses import dataclass

from orchestrator.engine.claims import WINDOW, wakeups
from orchestrator.store.database import NOW, execute

RENEWED_WITHIN = 20
"""Seconds after which a process that was not seen is taken for lost."""
MOST = 200
"""Rows of a kind that one sweep looks at."""

Held = tuple[int, str, int]
"""Run, path, attempt of a step that a process works on."""

_SEEN = f"""
    INSERT INTO worker (id, slot, seen_at) VALUES (%s, %s, {NOW}) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"""
_FORGET_WORKERS = f"DELETE FROM worker WHERE seen_at < {NOW} - 86400"
_TICK = f"""
    INSERT INTO tick (id, due) VALUES (1, {NOW} + 2)
    ON CONFLICT (id) DO UPDATE SET due = excluded.due WHERE tick.due <= {NOW} OR tick.due > {NOW} + 10"""
_SINCE_SEEN = f"SELECT {NOW} - seen_at FROM worker WHERE id = %s"
_HELD = "SELECT run_id, path, attempt FROM step WHERE status = 'running' AND worker = %s LIMIT 20000"
_LOST = f"""
    SELECT run_id, path, attempt FROM step WHERE status = 'running'
    AND worker NOT IN (SELECT id FROM worker WHERE abs(seen_at - {NOW}) < {RENEWED_WITHIN}) LIMIT {MOST}"""
_LEFT_IN_SLOT = """
    SELECT run_id, path, attempt FROM step WHERE status = 'running'
    AND worker IN (SELECT id FROM worker WHERE slot = %s AND slot <> '' AND id <> %s) LIMIT 1000"""
_OVERDUE = f"""
    SELECT run_id, path, attempt FROM step WHERE status = 'running' AND worker = %s AND deadline_at < {NOW} LIMIT {MOST}"""
_COUNTS = "run.id, step.queue, sum(CASE WHEN step.quick THEN 1 ELSE 0 END), count(*), run.running"
_READY_STEPS = f"SELECT {_COUNTS} FROM run JOIN step ON step.run_id = run.id AND step.status = 'ready'"
# Quiet for 10, 20, 40, 60 s since the last commit or wake-up that the broker took; or the clock was set back since then.
_QUIET = f"""
    {_READY_STEPS} WHERE run.ready > 0 AND run.status IN ('queued', 'running') AND run.running < {WINDOW}
    AND abs({NOW} - run.woken_at) > CASE run.wakes WHEN 0 THEN 10 WHEN 1 THEN 20 WHEN 2 THEN 40 ELSE 60 END
    GROUP BY run.id, step.queue LIMIT {MOST}"""
_READY = f"""
    {_READY_STEPS} WHERE run.ready > 0 AND run.status IN ('queued', 'running')
    GROUP BY run.id, step.queue LIMIT {5 * MOST}"""
_READY_OF = f"{_READY_STEPS} WHERE run.id = %s GROUP BY run.id, step.queue"
_WOKEN = f"UPDATE run SET woken_at = {NOW}, wakes = wakes + 1 WHERE id = %s"
_WOKEN_FIRST = f"UPDATE run SET woken_at = {NOW}, wakes = 0 WHERE id = %s"
_DUE = f"""
    SELECT run_id, path, round, key, due_at - {NOW} FROM question
    WHERE status = 'open' AND due_at < {NOW} + %s ORDER BY due_at LIMIT {MOST}"""


def seen(*, worker: int, slot: str) -> None:
    """Renew the lease of a process."""
    execute(_SEEN, [worker, slot])


def forget_workers() -> int:
    """Drop the leases of processes that were not seen for a day; how many. One that wakes after all renews its own first."""
    return int(execute(_FORGET_WORKERS, []).rowcount)


def since_seen(*, worker: int) -> float | None:
    """Seconds since the lease of this process was renewed, on the database's clock; None where it has none."""
    row = execute(_SINCE_SEEN, [worker]).fetchone()
    return None if row is None else float(row[0])


def tick() -> bool:
    """Whether this process may sweep now; for 2 seconds no other may. A tick far ahead is of before the clock was set back."""
    return bool(execute(_TICK, []).rowcount == 1)


def held(*, worker: int) -> list[Held]:
    """The steps that name this process."""
    return [tuple(row) for row in execute(_HELD, [worker]).fetchall()]


def lost() -> list[Held]:
    """The steps of processes that were not seen for 20 seconds. A lease of the future is of before the clock was set back."""
    return [tuple(row) for row in execute(_LOST, []).fetchall()]


def left_in_slot(*, worker: int, slot: str) -> list[Held]:
    """The steps of this process's predecessor under the same number."""
    return [tuple(row) for row in execute(_LEFT_IN_SLOT, [slot, worker]).fetchall()]


def overdue(*, worker: int) -> list[Held]:
    """This process's steps whose deadline is over."""
    return [tuple(row) for row in execute(_OVERDUE, [worker]).fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyWork:
    """A run has ready steps in a queue; `wakeups` is how many messages they deserve."""

    run: int
    queue: str
    wakeups: int


def quiet() -> list[ReadyWork]:
    """Runs with ready work and no commit or wake-up for a while."""
    return [_work(row) for row in execute(_QUIET, []).fetchall()]


def with_ready_work() -> list[ReadyWork]:
    """Runs with ready work at all: for when the broker has come back."""
    return [_work(row) for row in execute(_READY, []).fetchall()]


def ready_work_of(*, run: int) -> list[ReadyWork]:
    """The ready work of one run, whatever its status."""
    return [_work(row) for row in execute(_READY_OF, [run]).fetchall()]


def _work(row: tuple[int, str, int, int, int]) -> ReadyWork:
    run, queue, quick, count, running = row
    return ReadyWork(run=run, queue=queue, wakeups=max(1, wakeups(quick=quick, slow=count - quick, running=running)))


def woken(*, run: int, afresh: bool = False) -> None:
    """A wake-up of the run was taken by the broker."""
    execute(_WOKEN_FIRST if afresh else _WOKEN, [run])


def due(*, within: float) -> list[tuple[int, str, int, str, float]]:
    """(run, path, round, key, seconds left) of questions that a time answers."""
    return [tuple(row) for row in execute(_DUE, [within]).fetchall()]
