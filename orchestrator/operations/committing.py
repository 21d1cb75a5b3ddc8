"""What every operation on a run ends with: listeners inside the transaction, hints after it."""

from collections.abc import Sequence

from django.db import transaction

from orchestrator import facts
from orchestrator.dispatch import outbox
from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import Command
from orchestrator.engine.values import Json
from orchestrator.store import commit as commits
from orchestrator.store.commit import Claim, Committed


def commit(
    *,
    run: int,
    commands: Sequence[Command] = (),
    claim: Claim | None = None,
    graph: Graph | None = None,
    kept: Sequence[tuple[str, str]] = (),
    told: Sequence[Json] = (),
    strict: bool = False,
) -> Committed:
    """store.commit, with the subscribed listeners, and its hints sent once the transaction is through."""
    done = commits.commit(
        run=run, commands=commands, claim=claim, graph=graph, kept=kept, facts=told, listen=facts.tell, strict=strict
    )
    announce(done)
    return done


def announce(done: Committed) -> None:
    """Ring for a commit and wake workers, after the outermost transaction."""
    if done.seq:
        transaction.on_commit(
            lambda: outbox.committed(run=done.run, seq=done.seq, wakeups=done.wakeups, urgent=done.is_urgent())
        )
