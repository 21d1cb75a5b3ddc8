"""The statements of the hot path. Their text never changes, so that PostgreSQL plans each of them once per connection.

Rows travel as one JSON parameter; the two databases differ in how they read it and in the clock. STEPS_BY_PATH is no plain
join and no "path = ANY": planned while the tables are small, those walk through the whole run at every commit.
"""

from orchestrator.store.database import IS_POSTGRES, NOW

WRITTEN = {
    "path": "text", "node": "text", "scope": "text", "queue": "text", "quick": "boolean", "status": "text", "reason": "text",
    "attempt": "integer", "round": "integer", "tries": "integer", "crashes": "integer", "worker": "bigint",
    "undecided": "integer", "live": "integer", "inner_open": "integer", "inner_busy": "integer",
    "inner_failures": "integer", "begun": "boolean", "asks": "boolean", "ports": "text", "output": "text",
    "original": "text", "error": "text",
}  # fmt: skip
KEPT = {"path", "node", "scope", "queue", "quick"}
READ = ", ".join(f"step.{name}" for name in (*WRITTEN, "input"))
COUNTERS = "status, open, ready, running, failures, started, paused, asks"

if IS_POSTGRES:
    STEPS_BY_PATH = """unnest(%s::text[]) AS wanted(path)
        CROSS JOIN LATERAL (SELECT * FROM step WHERE run_id = %s AND path = wanted.path LIMIT 1) AS step"""
    _COLUMNS = ", ".join(f"{name} {kind}" for name, kind in WRITTEN.items())
    ROWS = f"json_to_recordset(%s) AS v({_COLUMNS}, timeout float8)"
    LATERAL = """LATERAL (SELECT position - 1 AS key, value::text FROM json_array_elements(scope.items::json)
        WITH ORDINALITY AS e(value, position)) AS item"""
    LOCKED = "FOR NO KEY UPDATE"
else:
    STEPS_BY_PATH = "json_each(%s) AS wanted CROSS JOIN step ON step.run_id = %s AND step.path = wanted.value"
    ROWS = (
        "(SELECT "
        + ", ".join(f"value->>'{name}' AS {name}" for name in (*WRITTEN, "timeout"))
        + " FROM json_each(%s)) AS v"
    )
    LATERAL = "json_each(scope.items) AS item"
    LOCKED = ""

READ_RUN = f"SELECT id, version_id, format, seq, {COUNTERS} FROM run WHERE id = %s"
LOCK_RUN = f"{READ_RUN} {LOCKED}"
READ_STEPS = f"SELECT {READ} FROM {STEPS_BY_PATH}"
READY = f"""SELECT * FROM (SELECT {READ} FROM step
    WHERE run_id = %s AND queue = %s AND status = 'ready' ORDER BY id LIMIT %s) AS candidate"""
READ_STEPS_AND_READY = f"{READ_STEPS} UNION ALL {READY}"
# One round trip on PostgreSQL. Its snapshot is older than the lock if another commit was waited for: then `seen` is not the
# locked row's seq, and the steps are read again.
LOCK_AND_READ = f"""
    WITH locked AS ({LOCK_RUN}) SELECT locked.*, (SELECT seq FROM run WHERE id = %s) AS seen, near.*
    FROM locked LEFT JOIN ({READ_STEPS_AND_READY}) AS near ON true"""

_ENDED = "('succeeded', 'failed', 'skipped', 'cancelled')"
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in WRITTEN if name not in KEPT)
WRITE_STEPS = f"""
    INSERT INTO step (run_id, {", ".join(WRITTEN)}, round_at, started_at, finished_at, deadline_at)
    SELECT %s, {", ".join(f"v.{name}" for name in WRITTEN)},
        CASE WHEN v.status = 'running' THEN {NOW} END, CASE WHEN v.status = 'running' THEN {NOW} END,
        CASE WHEN v.status IN {_ENDED} THEN {NOW} END, CASE WHEN v.status = 'running' THEN {NOW} + v.timeout END
    FROM {ROWS} WHERE true
    ON CONFLICT (run_id, path) DO UPDATE SET {_CHANGES},
        round_at = CASE WHEN step.round = excluded.round THEN coalesce(step.round_at, excluded.round_at)
            ELSE excluded.round_at END,
        started_at = coalesce(step.started_at, excluded.started_at),
        finished_at = excluded.finished_at, deadline_at = excluded.deadline_at"""
WRITE_EVENT = f"INSERT INTO event (run_id, seq, at, facts) VALUES (%s, %s, {NOW}, %s)"
WRITE_RUN = f"""
    UPDATE run SET seq = %s, status = %s, open = %s, ready = %s, running = %s, failures = %s, started = %s, paused = %s,
        asks = %s, woken_at = {NOW}, wakes = 0, finished_at = CASE WHEN %s THEN {NOW} END WHERE id = %s"""
WRITE_ALL = f"WITH written AS ({WRITE_STEPS}), told AS ({WRITE_EVENT}) {WRITE_RUN}"

INSERT_RUN = f"""
    INSERT INTO run (team_id, version_id, format, status, seq, open, ready, running, failures, started, paused, asks, input,
        is_test, trigger, started_by_id, created_at, woken_at, wakes, cost)
    VALUES (%s, %s, %s, %s, 1, %s, %s, 0, 0, false, false, false, %s, %s, %s, %s, {NOW}, {NOW}, 0, 0) RETURNING id"""

# Scopes

SCOPE_COLUMNS = "path, container, round, key, size, cap, stop_on_error, next, open, active, done, failed, is_closed"
READ_SCOPE = f"SELECT {SCOPE_COLUMNS} FROM scope WHERE run_id = %s AND path = %s"
WRITE_SCOPE = """
    UPDATE scope SET next = %s, open = %s, active = %s, done = %s, failed = %s, is_closed = %s WHERE run_id = %s AND path = %s"""
INSERT_SCOPE = f"""
    INSERT INTO scope ({SCOPE_COLUMNS}, run_id, items)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_ITEM = "item.value" if IS_POSTGRES else (
    "CASE item.type WHEN 'text' THEN json_quote(item.value) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
    "WHEN 'null' THEN 'null' ELSE CAST(item.value AS text) END"
)  # fmt: skip
_OPENED = f"""FROM scope, {LATERAL}
    WHERE scope.run_id = %s AND scope.path = %s AND item.key >= %s AND item.key < %s ORDER BY item.key"""
OPEN_SINGLE = f"""
    INSERT INTO step (run_id, path, node, scope, queue, quick, status, reason, live, input)
    SELECT scope.run_id, scope.path || '[' || item.key || ']', %s, scope.path, %s, %s, 'ready', '', 1, {_ITEM} {_OPENED}"""
OPEN_ITEMS = f"""
    INSERT INTO step (run_id, path, node, scope, queue, quick, status, reason, inner_open, inner_busy, started_at, input)
    SELECT scope.run_id, scope.path || '[' || item.key || ']', %s, scope.path, '', false, 'waiting', 'scope', %s, %s,
        {NOW}, {_ITEM}
    {_OPENED}"""
OPEN_ENTRY = f"""
    INSERT INTO step (run_id, path, node, scope, queue, quick, status, reason, live)
    SELECT scope.run_id, scope.path || '[' || item.key || ']/' || %s, %s, scope.path || '[' || item.key || ']', %s, %s,
        'ready', '', 1 {_OPENED}"""
_BELOW = "run_id = %s AND substr(path, 1, %s) = %s AND status IN ('ready', 'running', 'waiting')"
COUNT_BELOW = f"SELECT status, count(*) FROM step WHERE {_BELOW} GROUP BY status"
CLOSE_BELOW = f"UPDATE step SET status = 'cancelled', worker = NULL, finished_at = {NOW} WHERE {_BELOW}"

# Questions

READ_QUESTIONS = """
    SELECT path, round, key, kind, status, waited FROM question WHERE run_id = %s AND path = %s AND key = %s"""
INSERT_QUESTION = f"""
    INSERT INTO question (run_id, path, round, key, kind, status, waited, body, event, due_at, created_at)
    VALUES (%s, %s, %s, %s, %s, 'open', %s, %s, %s, {NOW} + %s, {NOW}) RETURNING id"""
WRITE_QUESTION = """
    UPDATE question SET status = %s, waited = %s WHERE run_id = %s AND path = %s AND round = %s AND key = %s"""
ANSWER_QUESTION = f"""
    UPDATE question SET status = 'answered', answer = %s, answered_at = {NOW}
    WHERE run_id = %s AND path = %s AND round = %s AND key = %s AND status <> 'withdrawn'"""
WITHDRAW_OF_STEP = """
    UPDATE question SET status = 'withdrawn' WHERE run_id = %s AND path = %s AND round <= %s AND status = 'open'
    RETURNING id, path, round, key, kind"""
WITHDRAW_BELOW = """
    UPDATE question SET status = 'withdrawn' WHERE run_id = %s AND substr(path, 1, %s) = %s AND status = 'open'
    RETURNING id, path, round, key, kind"""
