"""What people do to a run."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from orchestrator.dispatch import outbox
from orchestrator.engine.messages import Cancel, Pause, Resume, Retry, Skip
from orchestrator.engine.values import OUT, Json, PortName, StepPath
from orchestrator.operations.committing import announce, commit
from orchestrator.operations.typed import check_typed
from orchestrator.store import begin, payloads, processes
from orchestrator.store.begin import NewRun
from orchestrator.store.commit import Committed


def start(*, new: NewRun, given: Json) -> Committed:
    """Start a run on a checked input (see orchestrator.inputs); its id is `run` of what comes back.

    Raises PayloadTooLarge.
    """
    done = begin.begin(new=new, given=given, payload_limit=settings.BATON_PAYLOAD_LIMIT)
    announce(done)
    return done


def cancel(*, run: int, by: str) -> Committed:
    """Close the run and all its open steps and questions. Raises Refused where it is final."""
    return commit(run=run, commands=[Cancel()], told=[_by("cancelled", by)], strict=True)


def pause(*, run: int, by: str) -> Committed:
    """Claim nothing new; what runs finishes. Raises Refused."""
    return commit(run=run, commands=[Pause()], told=[_by("paused", by)], strict=True)


def resume(*, run: int, by: str) -> Committed:
    """Go on claiming. Raises Refused."""
    return _going_again(commit(run=run, commands=[Resume()], told=[_by("resumed", by)], strict=True))


def retry(*, run: int, path: str, by: str) -> Committed:
    """A failed step again, in a new round. Raises Refused."""
    told = [_by("retried", by) | {"of": path}]
    return _going_again(commit(run=run, commands=[Retry(path=StepPath(path))], told=told, strict=True))


def skip(*, run: int, path: str, output: Json, by: str, ports: Sequence[str] = (OUT,)) -> Committed:
    """A failed step counts as done with the typed output. Raises Refused, WrongPort, WrongOutput, PayloadTooLarge."""
    check_typed(run=run, path=path, output=output, ports=ports)
    reference, kept = payloads.encode(output, limit=settings.BATON_PAYLOAD_LIMIT)
    command = Skip(path=StepPath(path), output=reference, ports=tuple(PortName(port) for port in ports))
    told = [_by("typed", by) | {"of": path}]
    return _going_again(commit(run=run, commands=[command], kept=kept, told=told, strict=True))


def _going_again(done: Committed) -> Committed:
    """Work that stood ready while nothing was claimed needs wake-ups of its own, once the transaction is through."""
    found = processes.ready_work_of(run=done.run)

    def wake() -> None:
        for work in found:
            outbox.wake(run=work.run, queue=work.queue, number=work.wakeups)

    transaction.on_commit(wake)
    return done


def _by(verb: str, who: str) -> dict[str, Json]:
    return {"person": who, "did": verb}
