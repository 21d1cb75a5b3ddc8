"""What a commit tells (facts), and the view that folding them gives: the statuses of a run, without looking at its rows.

A fact is a small JSON object: ids, status, sizes and a preview, never a payload. The kinds:
    {"step", "status", "attempt", "round", "reason"?, "preview"?, "size"?, "error"?}   a step changed
    {"scope", "opened": [start, stop], "entries": [name...]}    items of a container began (no entries: the item is the step)
    {"closed": scope}                                          every open step below it was cancelled
    {"run", "reason"?}                                         the run's status changed
    {"asked", "step", "round", "kind"} {"answered", "step", "round", "verdict"} {"withdrawn", "step"}
    {"call", "step", "round", "kind", "target", "status"}      a call began or ended
    {"person", "did", "of"?}                                   who did what to the run
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.engine.move import Opening
from orchestrator.engine.state import OPEN, Run, Step, StepStatus
from orchestrator.engine.values import Json, JsonObject, StepPath

PREVIEW = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The status of the run and of every step, by path."""

    run: str = "queued"
    steps: Mapping[str, str] = field(default_factory=dict)


def step_fact(step: Step) -> Json:
    """What a page needs to show a step's new state."""
    fact: dict[str, Json] = {
        "step": step.path,
        "status": step.status.value,
        "attempt": step.attempt,
        "round": step.round,
    }
    if step.reason:
        fact["reason"] = step.reason
    if step.status is StepStatus.SUCCEEDED and step.output is not None and not step.output.startswith(("@", "#")):
        fact |= {"preview": step.output[:PREVIEW], "size": len(step.output)}
    if step.status is StepStatus.FAILED and step.error:
        fact["error"] = step.error[:PREVIEW]
    return fact


def changed_facts(before: Mapping[StepPath, Step], after: Iterable[Step]) -> list[Json]:
    """One fact for each step whose status, reason or round is not what it was."""
    found = []
    for step in after:
        old = before.get(step.path)
        told = (step.status, step.reason, step.round)
        if step.status is not StepStatus.PENDING and (old is None or (old.status, old.reason, old.round) != told):
            found.append(step_fact(step))
    return found


def opening_fact(opening: Opening, entries: Iterable[str]) -> Json:
    return {"scope": opening.scope, "opened": [opening.start, opening.stop], "entries": list(entries)}


def run_facts(before: Run, after: Run) -> list[Json]:
    return [] if before.status is after.status else [{"run": after.status.value}]


def fold(view: View, facts: Iterable[JsonObject]) -> View:
    """The view after these facts."""
    steps, run = dict(view.steps), view.run
    for fact in facts:
        match fact:
            case {"call": _} | {"asked": _} | {"answered": _} | {"withdrawn": _} | {"person": _}:
                pass
            case {"step": path, "status": status}:
                steps[path] = status
            case {"scope": scope, "opened": [start, stop], "entries": entries}:
                steps |= _opened(scope, range(start, stop), entries)
            case {"closed": scope}:
                steps |= {path: "cancelled" for path, status in steps.items() if _below(path, scope) and status in OPEN}
            case {"run": status}:
                run = status
                if status == "cancelled":
                    steps = {path: "cancelled" if old in OPEN else old for path, old in steps.items()}
    return View(run=run, steps=steps)


def _below(path: str, scope: str) -> bool:
    return path.startswith(f"{scope}[")


def _opened(scope: str, items: Iterable[int], entries: list[str]) -> dict[str, str]:
    found = {}
    for index in items:
        found[f"{scope}[{index}]"] = "waiting" if entries else "ready"
        found |= {f"{scope}[{index}]/{entry}": "ready" for entry in entries}
    return found
