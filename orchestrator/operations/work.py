"""The workers' hot path: settle what was done and claim what is next, in one commit."""

from collections.abc import Sequence

from orchestrator.engine.graph import Graph
from orchestrator.engine.messages import Command
from orchestrator.operations.committing import commit
from orchestrator.store.commit import Claim, Committed

__all__ = ["Committed", "go_on"]


def go_on(
    *,
    run: int,
    worker: int,
    queue: str,
    commands: Sequence[Command] = (),
    kept: Sequence[tuple[str, str]] = (),
    graph: Graph | None = None,
    may_claim: bool = True,
) -> Committed:
    """Apply what the caller's steps came to, and claim up to 32 quick steps or one other for it.

    A late or repeated result is left out and reported in `refused`. `graph` is what an earlier commit of the run gave.
    """
    claim = Claim(worker=worker, queue=queue) if may_claim else None
    return commit(run=run, commands=commands, claim=claim, graph=graph, kept=kept)
