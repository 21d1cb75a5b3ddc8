"""The REST routes of workflows, runs, events, files, connections, budgets and limits. Each parses, makes one call, answers."""

from ninja import Router

from orchestrator.api import allowances, connections, deleting, events, files, workflows

ROUTERS: tuple[Router, ...] = (
    workflows.router,
    deleting.router,
    events.router,
    files.router,
    connections.router,
    allowances.router,
)
"""What config/api.py puts together."""
