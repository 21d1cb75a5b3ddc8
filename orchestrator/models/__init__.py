"""The rows of workflows and runs. Hot rows are written by `store` in SQL, never by save().

Times of hot rows are seconds since the epoch on the database's clock (`at` of the store); payloads are references: JSON as
text, `@hash` of a stored payload, or `#scope` for the list of a container's items.
"""

from orchestrator.models.cache import CachedResult
from orchestrator.models.call import Call, LedgerEntry
from orchestrator.models.delivered import DeliveredEvent
from orchestrator.models.file import RunFile
from orchestrator.models.limit import NO_LIMIT, Breaker, Budget, Limit
from orchestrator.models.offer import Offer
from orchestrator.models.process import Tick, Worker
from orchestrator.models.run import Event, Payload, Run
from orchestrator.models.step import Question, Scope, Step
from orchestrator.models.workflow import Tag, Version, Workflow

__all__ = [
    "NO_LIMIT",
    "Breaker",
    "Budget",
    "CachedResult",
    "Call",
    "DeliveredEvent",
    "Event",
    "LedgerEntry",
    "Limit",
    "Offer",
    "Payload",
    "Question",
    "Run",
    "RunFile",
    "Scope",
    "Step",
    "Tag",
    "Tick",
    "Version",
    "Worker",
    "Workflow",
]
