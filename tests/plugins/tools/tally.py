"""Counts a job outside. Calling it twice counts twice, and does no harm."""

from orchestrator.contract.tool import ToolContext, ToolType
from orchestrator.engine.values import Json
from tests.plugins.tools import _outside


async def run(context: ToolContext, arguments: _outside.Arguments) -> Json:
    return await _outside.do(context, "tally", arguments.job)


TOOL = ToolType(
    name="tally",
    title="Tally",
    icon="plus",
    description=__doc__ or "",
    arguments=_outside.Arguments,
    run=run,
    example={"job": 1},
    idempotent=True,
    read_only=False,
)
