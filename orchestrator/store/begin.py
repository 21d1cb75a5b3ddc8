"""Starts a run: its row, its first steps, its first event."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from orchestrator.engine.claims import wakeups
from orchestrator.engine.fold import changed_facts
from orchestrator.engine.start import first_steps
from orchestrator.engine.state import Step, StepStatus
from orchestrator.engine.values import Json
from orchestrator.store import payloads, sql
from orchestrator.store.commit import KNOWN_FORMATS, Committed
from orchestrator.store.database import execute
from orchestrator.store.graphs import graph_of
from orchestrator.store.near import DEFAULT_TIMEOUT
from orchestrator.store.rows import step_rows

FORMAT = max(KNOWN_FORMATS)
"""Of state, journal and facts: a worker claims only runs of formats it knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """Who starts what. `trigger` is person, api, command or another trigger's name."""

    team: int
    version: int
    started_by: int | None
    trigger: str
    is_test: bool = False


def begin(*, new: NewRun, given: Json, payload_limit: int) -> Committed:
    """Write the run with its entry steps ready. Raises PayloadTooLarge."""
    graph = graph_of(new.version)
    output, kept = payloads.encode(given, limit=payload_limit)
    run, steps = first_steps(graph, output=output)
    who = [new.is_test, new.trigger, new.started_by]
    with transaction.atomic():
        values = [new.team, new.version, FORMAT, run.status.value, run.open, run.ready, output, *who]
        number = int(execute(sql.INSERT_RUN, values).fetchone()[0])
        payloads.write(number, kept)
        execute(sql.WRITE_STEPS, [number, step_rows(steps, graph.nodes, DEFAULT_TIMEOUT)])
        facts = [*changed_facts({}, steps), {"run": run.status.value}]
        execute(sql.WRITE_EVENT, [number, 1, json.dumps(facts, ensure_ascii=False)])
    return Committed(run=number, seq=1, status=run.status, wakeups=_wakeups(steps), graph=graph)


def _wakeups(steps: Sequence[Step]) -> dict[str, int]:
    ready = [step for step in steps if step.status is StepStatus.READY]
    found = {}
    for queue in {step.queue for step in ready}:
        quick = sum(step.quick for step in ready if step.queue == queue)
        slow = sum(not step.quick for step in ready if step.queue == queue)
        found[queue] = wakeups(quick=quick, slow=slow, running=0)
    return found
