"""What the pulse and the sweeper do: leases, taking back, timers, repairs. All of it can be found again from rows alone."""

from collections.abc import Iterable
from itertools import groupby

from orchestrator.engine.messages import TakeBack
from orchestrator.engine.values import StepPath
from orchestrator.operations import answers
from orchestrator.operations.committing import commit
from orchestrator.store import processes
from orchestrator.store.commit import NoSuchRun
from orchestrator.store.database import current_time
from orchestrator.store.processes import Held

forget_workers, since_seen = processes.forget_workers, processes.since_seen
held, lost, left_in_slot, overdue = processes.held, processes.lost, processes.left_in_slot, processes.overdue
quiet, with_ready_work, woken, due, seen, tick = (
    processes.quiet,
    processes.with_ready_work,
    processes.woken,
    processes.due,
    processes.seen,
    processes.tick,
)
clock = current_time


def take_back(*, steps: Iterable[Held], crashed: bool = True) -> int:
    """Make these steps ready again, a transaction per run; how many were still theirs to take."""
    taken = 0
    for run, group in groupby(sorted(steps), key=lambda one: one[0]):
        commands = [TakeBack(path=StepPath(path), attempt=attempt, crashed=crashed) for _, path, attempt in group]
        try:
            taken += len(commands) - len(commit(run=run, commands=commands).refused)
        except NoSuchRun:
            continue  # it was deleted meanwhile
    return taken


def elapse_due(*, within: float = 0.0) -> int:
    """Answer the questions whose time has come; how many."""
    elapsed = 0
    for run, path, round_number, key, left in processes.due(within=within):
        if left <= 0:
            elapsed += answers.elapse(run=run, path=path, round_number=round_number, key=key)
    return elapsed


__all__ = [
    "clock",
    "due",
    "elapse_due",
    "forget_workers",
    "held",
    "left_in_slot",
    "lost",
    "overdue",
    "quiet",
    "seen",
    "since_seen",
    "take_back",
    "tick",
    "with_ready_work",
    "woken",
]
