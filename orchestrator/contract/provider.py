"""What a provider is: a vendor's wire protocol. One file in providers/ registers one; its SDK stays inside that file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import httpx2
from pydantic import BaseModel

from orchestrator.contract.messages import ModelAnswer, ModelInfo, ModelRequest, OnDelta
from orchestrator.engine.values import Json


class Provider(Protocol):
    """A client of one connection. Lives on the io loop, shared by all steps of the process; it never retries itself."""

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None) -> ModelAnswer:
        """Call the model; streamed if `on_delta` is given. `request.model` is the vendor's name here.

        Raises TransientCallError (R15 of the design: 408, 409, 429 with retry_after, 5xx, 529, connection lost, a stream
        without its end marker), WrongCredentials (401, 403), CallError (anything else that the vendor refuses). Errors say by
        `is_refusal` whether the vendor certainly did no work: what is not certain is booked as possibly billed. NUL and lone
        surrogates of the answer are replaced by U+FFFD (security S16).
        """
        ...

    async def models(self) -> Sequence[ModelInfo]:
        """What the connection offers; also the connection's test."""
        ...

    async def close(self) -> None:
        """Give up its connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderType:
    """`settings` is a pydantic model of what a connection stores openly (base URL, organisation), `secrets` the names of
    what it stores encrypted. `make` builds a client on the given transport; it imports the SDK itself (start time)."""

    name: str
    title: str
    icon: str
    description: str
    settings: type[BaseModel]
    secrets: tuple[str, ...]
    make: Callable[[BaseModel, Mapping[str, str], httpx2.AsyncBaseTransport], Provider]
    example: Mapping[str, Json]
    aliases: Mapping[str, str] = field(default_factory=dict)
    """What `fast`, `strong` and `default` are mapped to when a connection is made, until the team says otherwise."""
    optional_secrets: frozenset[str] = frozenset()
    """Those of `secrets` that a connection may do without."""
    always_streams: bool = False
    """Whether the vendor demands a stream even where nobody watches."""
