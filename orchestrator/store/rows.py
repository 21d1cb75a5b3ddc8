"""Rows of the database as the engine's values, and back."""

import json
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.engine.graph import Node
from orchestrator.engine.state import Question, Run, RunStatus, Scope, Step, StepStatus
from orchestrator.engine.values import Json, NodeKey
from orchestrator.store import sql

STEP_NAMES = (*sql.WRITTEN, "input")
RUN_NAMES = ("open", "ready", "running", "failures", "started", "paused")


def step_of(columns: Sequence[Json]) -> Step:
    """A step from the columns of sql.READ."""
    values = dict(zip(STEP_NAMES, columns, strict=True))
    values["status"] = StepStatus(values["status"])
    for name in ("quick", "begun", "asks"):
        values[name] = bool(values[name])
    if values["ports"] is not None:
        values["ports"] = tuple(json.loads(values["ports"]))
    return Step(**values)


def step_rows(steps: Iterable[Step], nodes: Mapping[NodeKey, Node], default_timeout: float) -> str:
    """The steps as the JSON parameter of sql.WRITE_STEPS."""
    return json.dumps([_step_row(step, nodes, default_timeout) for step in steps])


def _step_row(step: Step, nodes: Mapping[NodeKey, Node], default_timeout: float) -> dict[str, Json]:
    row = {name: getattr(step, name) for name in sql.WRITTEN}
    row["ports"] = None if step.ports is None else json.dumps(step.ports)
    if step.status is StepStatus.RUNNING:
        row["timeout"] = nodes[step.node].timeout or default_timeout
    return row


def run_of(columns: Sequence[Json]) -> tuple[Run, bool]:
    """The counters from the columns of sql.COUNTERS, and whether any step of the run has ever asked."""
    status, opened, ready, running, failures, started, paused, asks = columns
    run = Run(
        status=RunStatus(status),
        open=opened,
        ready=ready,
        running=running,
        failures=failures,
        started=bool(started),
        paused=bool(paused),
    )
    return run, bool(asks)


def scope_of(columns: Sequence[Json]) -> Scope:
    names = [name.strip() for name in sql.SCOPE_COLUMNS.split(",")]
    values = dict(zip(names, columns, strict=True))
    return Scope(**values | {"stop_on_error": bool(values["stop_on_error"]), "is_closed": bool(values["is_closed"])})


def question_of(columns: Sequence[Json]) -> Question:
    path, round_number, key, kind, status, waited = columns
    return Question(path=path, round=round_number, key=key, kind=kind, is_open=status == "open", waited=bool(waited))
