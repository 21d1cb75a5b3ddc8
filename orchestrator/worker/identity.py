"""Which worker process this is, and whether its lease is good enough to begin anything."""

import os
from dataclasses import dataclass, field

from orchestrator.worker.clock import steady

FRESH = 15.0
"""Seconds without a renewal after which the process begins nothing new."""


@dataclass(slots=True)
class Identity:
    """`number` is new for every process; `slot` is the same after a restart."""

    number: int = field(default_factory=lambda: int.from_bytes(os.urandom(7)))
    renewed_at: float = 0.0

    def may_claim(self) -> bool:
        """Whether the lease was renewed lately; a process that never had one (tests) may."""
        return not self.renewed_at or steady() - self.renewed_at < FRESH


identity = Identity()
"""The one of this process."""
