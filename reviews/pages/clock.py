"""The time by which claims and undo windows are counted: the database's."""

from datetime import UTC, datetime

from orchestrator.operations import upkeep


def now() -> datetime:
    """On the database's clock."""
    return datetime.fromtimestamp(upkeep.clock(), UTC)
