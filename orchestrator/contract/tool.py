"""What a tool is: something an agent or a tool node can do outside the model. One file in tools/ registers one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import httpx2
from pydantic import BaseModel

from orchestrator.contract.questions import Decision, PersonQuestion
from orchestrator.engine.values import Json, JsonObject


class Policy(StrEnum):
    """What happens when an agent wants to call the tool."""

    ALLOW = "allow"
    """It is called."""
    ASK = "ask"
    """A person sees the exact arguments first, and may edit them."""
    DENY = "deny"
    """It is not called; the model is told so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionKind:
    """What a team keeps for a tool, beside the connections to models: openly `settings`, encrypted `secrets`. A call names
    the connection; its secret is put in where the request is sent, and stands nowhere else."""

    name: str
    title: str
    icon: str
    description: str
    settings: type[BaseModel]
    secrets: tuple[str, ...]
    optional_secrets: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    """None: it offers no models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A connection as a tool gets it."""

    settings: Mapping[str, Json]
    secrets: Mapping[str, str] = field(repr=False)


class ToolContext(Protocol):
    """What a tool may do while it runs. Nothing else reaches the outside."""

    @property
    def key(self) -> str:
        """The call's key in the journal."""
        ...

    @property
    def now(self) -> datetime:
        """The start of the step's round."""
        ...

    @property
    def http(self) -> httpx2.AsyncClient:
        """The guarded client (security S5); to be awaited in asynchronous tools. Follows redirects itself, each re-checked."""
        ...

    def look_up(self, *, table: str, where: Mapping[str, Json], limit: int) -> list[dict[str, Json]]:
        """Rows of one of the team's tables whose columns equal `where` (text compared without case). Raises ToolRefused
        with the names that exist where the table or a column does not."""
        ...

    def open_file(self, reference: str) -> tuple[str, bytes]:
        """Name and content of a file of this run (a reference is `file:<id>`). Raises ToolRefused where there is none."""
        ...

    def parse(self, *, name: str, content: bytes) -> Json:
        """{"kind", "text", "tables", "pages"} of a document, read in a child process with limits (security S11).
        Blocks for up to a minute: an asynchronous tool calls it in a thread (`asyncio.to_thread`), like `open_file`."""
        ...

    def ask(self, question: PersonQuestion) -> Decision:
        """The people's decision; suspends the step until it is there."""
        ...

    def secret(self, connection: str) -> Mapping[str, str]:
        """The secrets of the team's connection of that kind. Raises ToolRefused where none is set up."""
        ...

    def credentials(self, *, kind: str, name: str) -> Credentials:
        """The team's connection of that kind and name. Raises ToolRefused where there is none. Blocks: an asynchronous tool
        calls it in a thread."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a call with certain arguments does: GET is not POST. The words are those of ToolType."""

    idempotent: bool
    read_only: bool
    policy: Policy
    leaves: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolType:
    """`description` (the docstring of the tool's module) is what people and models read. `arguments` is a pydantic model
    that forbids extra fields. A `run` that is a coroutine function runs on the io loop (network), another one on the
    pool for blocking work. It returns JSON; ToolRefused tells the model why not."""

    name: str
    title: str
    icon: str
    description: str
    arguments: type[BaseModel]
    run: Callable[[ToolContext, Any], Json | Awaitable[Json]]
    """Gets the arguments as its own `arguments` model."""
    example: Mapping[str, Json]
    idempotent: bool = True
    """Whether calling it twice is like calling it once. If not, a call of unknown outcome asks a person."""
    read_only: bool = True
    """Whether it changes nothing outside: then no intent row is written."""
    policy: Policy = Policy.ALLOW
    connection: str = ""
    """The kind of connection that it needs, if any."""
    secret_arguments: frozenset[str] = frozenset()
    """Arguments that nobody is shown: reviews, journal, API and events have [hidden] in their place."""
    hide: Callable[[JsonObject], JsonObject] | None = None
    """The arguments as people are shown them, where only a part of one is secret. What is called are the real ones."""
    connects: ConnectionKind | None = None
    """The kind of connection that a call may name, if this tool brings one."""
    asks: bool = False
    """Whether its run asks people itself: then it runs on the step's thread."""
    reads_untrusted: bool = False
    """Whether its result was written by strangers: a web page, a document. It may hold orders to the model."""
    reads_private: bool = False
    """Whether its result is the team's own data."""
    leaves: bool = False
    """Whether its arguments can reach somebody outside. A tool that is not `read_only` does so in any case."""
    refine: Callable[[Any], Effects] | None = None
    """What a call with these arguments does, where that is less than the fields above say; they state the worst."""

    def effects(self, arguments: BaseModel) -> Effects:
        """What a call with these checked arguments does."""
        if self.refine is not None:
            return self.refine(arguments)
        return Effects(
            idempotent=self.idempotent,
            read_only=self.read_only,
            policy=self.policy,
            leaves=self.leaves or not self.read_only,
        )
