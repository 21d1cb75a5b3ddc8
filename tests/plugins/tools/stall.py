"""Changes something outside, then blocks its thread until a test lets it go. Calling it twice is not like calling it once."""

import threading
from collections.abc import Callable

from pydantic import BaseModel

from orchestrator.contract.tool import Policy, ToolContext, ToolType
from orchestrator.engine.values import Json

released = threading.Event()
entered: list[str] = []
on_enter: list[Callable[[], None]] = []
"""What the test does while the call is under way."""


class Arguments(BaseModel, extra="forbid"):
    """Nothing."""


def run(context: ToolContext, _arguments: Arguments) -> Json:
    entered.append(context.key)
    for act in on_enter:
        act()
    released.wait(30)
    return {}


TOOL = ToolType(
    name="stall",
    title="Stall",
    icon="hourglass",
    description=__doc__ or "",
    arguments=Arguments,
    run=run,
    example={},
    idempotent=False,
    read_only=False,
    policy=Policy.ALLOW,
)
