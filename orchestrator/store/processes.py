"""Leases of processes, the cluster's tick, and what the sweeper looks for. Every time is on the database's clock."""

from orchestrator.store.database import NOW, execute

RENEWED_WITHIN = 20
"""Seconds after which a process that was not seen is taken for lost."""
MOST = 200
"""Rows of a kind that one sweep looks at."""

Held = tuple[int, str, int]
"""Run, path, attempt of a step that a process works on."""

_SEEN = f"""
    INSERT INTO worker (id, slot, seen_at) VALUES (%s, %s, {NOW}) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"""
_TICK = f"UPDATE tick SET due = {NOW} + 2 WHERE due <= {NOW}"
_HELD = "SELECT run_id, path, attempt FROM step WHERE status = 'running' AND worker = %s LIMIT 20000"
_LOST = f"""
    SELECT run_id, path, attempt FROM step WHERE status = 'running'
    AND worker NOT IN (SELECT id FROM worker WHERE seen_at > {NOW} - {RENEWED_WITHIN}) LIMIT {MOST}"""
_LEFT_IN_SLOT = """
    SELECT run_id, path, attempt FROM step WHERE status = 'running'
    AND worker IN (SELECT id FROM worker WHERE slot = %s AND slot <> '' AND id <> %s) LIMIT 1000"""
_OVERDUE = f"""
    SELECT run_id, path, attempt FROM step WHERE status = 'running' AND worker = %s AND deadline_at < {NOW} LIMIT {MOST}"""
# Quiet for 10, 20, 40, 60 s since the last commit or wake-up that the broker took.
_QUIET = f"""
    SELECT DISTINCT run.id, step.queue FROM run JOIN step ON step.run_id = run.id AND step.status = 'ready'
    WHERE run.ready > 0 AND run.status IN ('queued', 'running') AND run.running < 64
    AND run.woken_at < {NOW} - CASE run.wakes WHEN 0 THEN 10 WHEN 1 THEN 20 WHEN 2 THEN 40 ELSE 60 END LIMIT {MOST}"""
_READY = f"""
    SELECT DISTINCT run.id, step.queue FROM run JOIN step ON step.run_id = run.id AND step.status = 'ready'
    WHERE run.ready > 0 AND run.status IN ('queued', 'running') LIMIT {5 * MOST}"""
_READY_QUEUES = "SELECT DISTINCT queue FROM step WHERE run_id = %s AND status = 'ready'"
_WOKEN = f"UPDATE run SET woken_at = {NOW}, wakes = wakes + 1 WHERE id = %s"
_WOKEN_FIRST = f"UPDATE run SET woken_at = {NOW}, wakes = 0 WHERE id = %s"
_DUE = f"""
    SELECT run_id, path, round, key, due_at - {NOW} FROM question
    WHERE status = 'open' AND due_at < {NOW} + %s ORDER BY due_at LIMIT {MOST}"""


def seen(*, worker: int, slot: str) -> None:
    """Renew the lease of a process."""
    execute(_SEEN, [worker, slot])


def tick() -> bool:
    """Whether this process may sweep now; for 2 seconds no other may."""
    return bool(execute(_TICK, []).rowcount == 1)


def held(*, worker: int) -> list[Held]:
    """The steps that name this process."""
    return [tuple(row) for row in execute(_HELD, [worker]).fetchall()]


def lost() -> list[Held]:
    """The steps of processes that were not seen for 20 seconds."""
    return [tuple(row) for row in execute(_LOST, []).fetchall()]


def left_in_slot(*, worker: int, slot: str) -> list[Held]:
    """The steps of this process's predecessor under the same number."""
    return [tuple(row) for row in execute(_LEFT_IN_SLOT, [slot, worker]).fetchall()]


def overdue(*, worker: int) -> list[Held]:
    """This process's steps whose deadline is over."""
    return [tuple(row) for row in execute(_OVERDUE, [worker]).fetchall()]


def quiet() -> list[tuple[int, str]]:
    """(run, queue) with ready work and no commit or wake-up for a while."""
    return [tuple(row) for row in execute(_QUIET, []).fetchall()]


def with_ready_work() -> list[tuple[int, str]]:
    """(run, queue) with ready work at all: for when the broker has come back."""
    return [tuple(row) for row in execute(_READY, []).fetchall()]


def ready_queues(*, run: int) -> list[str]:
    """The queues in which the run has ready work."""
    return [row[0] for row in execute(_READY_QUEUES, [run]).fetchall()]


def woken(*, run: int, afresh: bool = False) -> None:
    """A wake-up of the run was taken by the broker."""
    execute(_WOKEN_FIRST if afresh else _WOKEN, [run])


def due(*, within: float) -> list[tuple[int, str, int, str, float]]:
    """(run, path, round, key, seconds left) of questions that a time answers."""
    return [tuple(row) for row in execute(_DUE, [within]).fetchall()]
