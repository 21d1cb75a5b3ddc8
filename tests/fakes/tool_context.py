"""What a tool gets, in memory: tables as lists, files as bytes, real documents, and the guarded client on loopback."""

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import httpx2
from pydantic import BaseModel

from orchestrator.contract.errors import Suspended, ToolRefused
from orchestrator.contract.policies import checked_arguments
from orchestrator.contract.questions import Decision, PersonQuestion
from orchestrator.contract.tool import Credentials, ToolType
from orchestrator.documents import parse
from orchestrator.engine.values import Json
from orchestrator.outbound import GuardedClient, OutboundTransport

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
Rows = Sequence[Mapping[str, Json]]


@dataclass
class Outside:
    """What lies outside a step: the team's tables, the run's files, hosts that the operator trusts, and connections."""

    tables: dict[str, Rows] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    trusted: set[tuple[str, int]] = field(default_factory=set)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    credentials: dict[str, Credentials] = field(default_factory=dict)


def _nobody(question: PersonQuestion) -> Decision:
    raise Suspended(frozenset({question.title}))


@dataclass
class FakeToolContext:
    key: str = "call"
    now: datetime = NOW
    outside: Outside = field(default_factory=Outside)
    answer: Callable[[PersonQuestion], Decision] = _nobody

    @cached_property
    def http(self) -> httpx2.AsyncClient:
        return GuardedClient(OutboundTransport(trusted=self.outside.trusted), longest=5)

    def look_up(self, *, table: str, where: Mapping[str, Json], limit: int) -> list[dict[str, Json]]:
        if table not in self.outside.tables:
            raise ToolRefused(f"There is no table {table!r}; there are {', '.join(self.outside.tables)}.")
        rows = self.outside.tables[table]
        for column in where:
            if rows and column not in rows[0]:
                raise ToolRefused(f"{table} has no column {column!r}; there are {', '.join(rows[0])}.")
        return [dict(row) for row in rows if all(_is_same(row[name], value) for name, value in where.items())][:limit]

    def open_file(self, reference: str) -> tuple[str, bytes]:
        if reference not in self.outside.files:
            raise ToolRefused(f"There is no file {reference!r} in this run.")
        return self.outside.files[reference]

    def parse(self, *, name: str, content: bytes) -> Json:
        return parse(name=name, content=content)

    def ask(self, question: PersonQuestion) -> Decision:
        return self.answer(question)

    def secret(self, connection: str) -> Mapping[str, str]:
        if connection not in self.outside.secrets:
            raise ToolRefused(f"No connection of kind {connection!r} is set up.")
        return self.outside.secrets[connection]

    def credentials(self, *, kind: str, name: str) -> Credentials:
        if name not in self.outside.credentials:
            raise ToolRefused(f"There is no connection {name!r} of kind {kind!r}.")
        return self.outside.credentials[name]


def _is_same(left: Json, right: Json) -> bool:
    return left.lower() == right.lower() if isinstance(left, str) and isinstance(right, str) else bool(left == right)


def use(tool: ToolType, arguments: Mapping[str, Json], context: FakeToolContext | None = None) -> Json:
    """Call the tool as the worker does: its arguments checked, a coroutine on a loop."""
    return perform(tool, checked_arguments(tool, arguments), context or FakeToolContext())


def perform(tool: ToolType, arguments: BaseModel, context: FakeToolContext) -> Json:
    """The same with arguments that are checked already."""
    if inspect.iscoroutinefunction(tool.run):
        return asyncio.run(_awaited(tool, arguments, context))
    return tool.run(context, arguments)


async def _awaited(tool: ToolType, arguments: BaseModel, context: FakeToolContext) -> Json:
    try:
        found = tool.run(context, arguments)
        assert inspect.isawaitable(found)
        return await found
    finally:
        if "http" in vars(context):
            await context.http.aclose()
