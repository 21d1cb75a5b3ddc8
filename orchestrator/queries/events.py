"""The events of runs, for everybody who follows one."""

from orchestrator.store.reads import events, sequences

__all__ = ["events", "sequences"]
