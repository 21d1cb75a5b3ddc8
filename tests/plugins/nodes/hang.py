"""Blocks its thread: it waits for what only a test in the same process can bring, and no call of it can be cancelled."""

import threading

from pydantic import BaseModel

from orchestrator.contract.context import Context
from orchestrator.contract.node import NodeType, Result

released = threading.Event()
entered = threading.Event()


class Config(BaseModel, extra="forbid"):
    """It has no settings."""


def run(_context: Context, _config: Config) -> Result:
    entered.set()
    released.wait()
    return Result(output="late")


NODE = NodeType(
    name="hang",
    title="Hang",
    icon="hourglass",
    group="flow",
    description=__doc__ or "",
    config=Config,
    run=run,
    example={},
)
