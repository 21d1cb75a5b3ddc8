"""What a running step reads of its run. Called on committers."""

from orchestrator.store.reads import (
    ItemRow,
    RunFacts,
    ScopeState,
    StoredQuestion,
    items,
    outputs,
    questions,
    round_start,
    run_facts,
    scope_state,
)

__all__ = [
    "ItemRow",
    "RunFacts",
    "ScopeState",
    "StoredQuestion",
    "items",
    "outputs",
    "questions",
    "round_start",
    "run_facts",
    "scope_state",
]
