"""Fails steps that did not end at their deadline: code that waits for no call that could be cancelled, and looks at no clock.

Nobody can end its thread. What the thread brings in the end is refused, because its attempt is over.
"""

import json
from collections.abc import Iterable

from django.db import transaction

from orchestrator.engine.messages import Fail
from orchestrator.engine.values import StepPath
from orchestrator.models import Call, Run, Step
from orchestrator.operations.committing import commit
from orchestrator.store.commit import NoSuchRun
from orchestrator.store.processes import Held

CODE = "timeout"
_SAID = "The step's time was over and its code did not stop. Give it a longer timeout, or look what its node waits for."


def fail_hung(*, steps: Iterable[Held]) -> int:
    """Fail these claims by their attempt, a transaction per step; how many had not ended by themselves meanwhile."""
    return sum(_fail(run, path, attempt) for run, path, attempt in steps)


def _fail(run: int, path: str, attempt: int) -> bool:
    error = json.dumps({"code": CODE, "message": _SAID})
    try:
        with transaction.atomic():
            Run.unscoped.select_for_update().filter(pk=run).values_list("pk").first()  # no call begins meanwhile
            command = Fail(
                path=StepPath(path), attempt=attempt, error=error, code=CODE, repeatable=_is_repeatable(run, path)
            )
            return not commit(run=run, commands=[command]).refused
    except NoSuchRun:  # it was deleted meanwhile
        return False


def _is_repeatable(run: int, path: str) -> bool:
    """Whether a new round would repeat no tool that must not be repeated: one that was called, or may have been."""
    rounds = Step.unscoped.filter(run=run, path=path).values("round")
    found = Call.unscoped.filter(run=run, path=path, round__in=rounds, kind="tool", is_idempotent=False)
    return not found.filter(status__in=("started", "done")).exists()
