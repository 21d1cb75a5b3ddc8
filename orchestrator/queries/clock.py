"""The clock by which times of runs are told: the database's, in seconds since the epoch."""

from orchestrator.store.database import current_time

__all__ = ["current_time"]
