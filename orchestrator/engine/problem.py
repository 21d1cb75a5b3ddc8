"""A problem of a workflow, and what finding problems must know about node types."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from orchestrator.engine.values import JsonObject

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
RESERVED = frozenset({"start", "end", "inputs", "output", "item", "index"})
"""Words that mean something else where a node's key could stand."""


class Severity(StrEnum):
    """How bad a problem is."""

    ERROR = "error"
    """The workflow cannot be published or run."""
    HINT = "hint"
    """It can be run, but something is probably not as meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`node` is the key of the node (`each/draft` inside a container), "" for the workflow itself or the body that `field`
    names. `field` is a path within the node or the document, such as `config.prompt` or `edges.3`."""

    severity: Severity = Severity.ERROR
    code: str
    node: str = ""
    field: str = ""
    message: str


class Catalogue(Protocol):
    """What is known about node types and tools. `start` and `end` are known to it, though nobody may place them."""

    def type_names(self) -> Collection[str]:
        """The types that may be placed."""
        ...

    def config_problems(self, name: str, config: JsonObject) -> Sequence[tuple[str, str]]:
        """What is wrong with a config of that type: (field, message); tools that are not there too."""
        ...

    def ports(self, name: str, config: JsonObject) -> Collection[str] | None:
        """The ordinary ports under a config; None where it is wrong."""
        ...

    def reads(self, name: str, config: JsonObject) -> Collection[str]:
        """The paths that a config reads beside its templates; none where it is wrong."""
        ...

    def has_body(self, name: str) -> bool:
        """Whether the type is a container."""
        ...
