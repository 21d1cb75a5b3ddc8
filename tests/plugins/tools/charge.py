"""Charges for a job outside. It must never happen twice."""

from orchestrator.contract.tool import ToolContext, ToolType
from orchestrator.engine.values import Json
from tests.plugins.tools import _outside


async def run(context: ToolContext, arguments: _outside.Arguments) -> Json:
    return await _outside.do(context, "charge", arguments.job)


TOOL = ToolType(
    name="charge",
    title="Charge",
    icon="banknote",
    description=__doc__ or "",
    arguments=_outside.Arguments,
    run=run,
    example={"job": 1},
    idempotent=False,
    read_only=False,
)
