"""Reads that a running step needs: outputs of earlier steps, items, answers, and what a round's context stands on."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.engine.values import Json
from orchestrator.store import payloads
from orchestrator.store.database import IS_POSTGRES, array, execute
from orchestrator.store.sql import STEPS_BY_PATH

_OUTPUTS = f"SELECT step.path, step.status, step.output, step.input FROM {STEPS_BY_PATH}"
_ITEMS = "SELECT path, status, output, error FROM step WHERE run_id = %s AND scope = %s ORDER BY id"
_INNER = """
    SELECT item.path, step.path, step.output FROM step AS item JOIN step ON step.run_id = item.run_id AND step.scope = item.path
    WHERE item.run_id = %s AND item.scope = %s AND step.output IS NOT NULL ORDER BY item.id, step.id"""
_SCOPE = "SELECT size, done, failed, is_closed, stop_on_error FROM scope WHERE run_id = %s AND path = %s"
_RUN = """
    SELECT team_id, version_id, version.workflow_id, input, run.status, is_test, started_by_id
    FROM run JOIN version ON version.id = version_id WHERE run.id = %s"""
_ROUND = "SELECT round_at, round, tries FROM step WHERE run_id = %s AND path = %s"
_QUESTIONS = "SELECT key, kind, status, answer, body, id FROM question WHERE run_id = %s AND path = %s AND round = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What every step of a run may know of it."""

    team: int
    version: int
    workflow: int
    input: str
    status: str
    is_test: bool
    started_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeState:
    """How far the items of a scope are."""

    size: int
    done: int
    failed: int
    is_closed: bool
    stop_on_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item: its own output (single bodies) or those of the steps inside it, as references."""

    path: str
    status: str
    output: str | None
    error: str | None
    inner: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuestion:
    """A question of a round and, if it was answered, its answer (JSON text)."""

    id: int
    key: str
    kind: str
    status: str
    body: str
    answer: str | None


def run_facts(*, run: int) -> RunFacts:
    names = ("team", "version", "workflow", "input", "status", "is_test", "started_by")
    found = dict(zip(names, execute(_RUN, [run]).fetchone(), strict=True))
    return RunFacts(**found | {"is_test": bool(found["is_test"])})


def outputs(*, run: int, paths: Sequence[str]) -> dict[str, tuple[str, str | None, str | None]]:
    """(status, output, input) by path; references of stored payloads are replaced by their text, `#scope` stays."""
    rows = execute(_OUTPUTS, [array(list(paths)), run]).fetchall()
    stored = payloads.bodies(run, [row[2] for row in rows if row[2]])
    return {path: (status, stored.get(output, output), given) for path, status, output, given in rows}


def items(*, run: int, scope: str, with_inner: bool) -> list[ItemRow]:
    """The items of a scope in their order, with payloads read."""
    inner: dict[str, list[tuple[str, str]]] = {}
    rows = execute(_ITEMS, [run, scope]).fetchall()
    found = [(row[0], row[2]) for row in rows]
    if with_inner:
        pairs = execute(_INNER, [run, scope]).fetchall()
        stored = _texts(run, [output for _, _, output in pairs])
        for item, path, output in pairs:
            inner.setdefault(item, []).append((path, stored.get(output, output)))
    stored = _texts(run, [output for _, output in found if output])
    return [
        ItemRow(
            path=path, status=status, output=stored.get(output, output), error=error, inner=tuple(inner.get(path, ()))
        )
        for path, status, output, error in rows
    ]


def _texts(run: int, references: Iterable[str]) -> dict[str, str]:
    return payloads.bodies(run, list(dict.fromkeys(one for one in references if one.startswith("@"))))


def scope_state(*, run: int, scope: str) -> ScopeState | None:
    row = execute(_SCOPE, [run, scope]).fetchone()
    if row is None:
        return None
    size, done, failed, is_closed, stop_on_error = row
    return ScopeState(size=size, done=done, failed=failed, is_closed=bool(is_closed), stop_on_error=bool(stop_on_error))


def round_start(*, run: int, path: str) -> tuple[float, int]:
    """When the step's round was first claimed (seconds since the epoch), and how many tries it has used."""
    at, _, tries = execute(_ROUND, [run, path]).fetchone()
    return float(at or 0), int(tries)


def questions(*, run: int, path: str, round_number: int) -> list[StoredQuestion]:
    rows = execute(_QUESTIONS, [run, path, round_number]).fetchall()
    return [
        StoredQuestion(id=number, key=key, kind=kind, status=status, body=body, answer=answer)
        for key, kind, status, answer, body, number in rows
    ]


def events(*, run: int, after: int, limit: int) -> list[tuple[int, float, list[Json]]]:
    """(seq, at, facts) of the commits after `after`, in their order."""
    rows = execute(_EVENTS, [run, after, limit]).fetchall()
    return [(seq, at, json.loads(facts)) for seq, at, facts in rows]


def sequences(*, runs: Sequence[int]) -> dict[int, int]:
    """The seq of each run."""
    return dict(execute(_SEQUENCES, [array(list(runs))]).fetchall())


_EVENTS = "SELECT seq, at, facts FROM event WHERE run_id = %s AND seq > %s ORDER BY seq LIMIT %s"
_CHOSEN = "= ANY(%s)" if IS_POSTGRES else "IN (SELECT value FROM json_each(%s))"
_SEQUENCES = f"SELECT id, seq FROM run WHERE id {_CHOSEN}"
