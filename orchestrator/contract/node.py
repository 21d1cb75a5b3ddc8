"""What a node type is: a box that people can put on the canvas. One file in nodes/ registers one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from orchestrator.contract.context import Context
from orchestrator.engine.values import OUT, Json, JsonObject, PortName


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a step came to: its output, the ports that are taken (a set: several routes may be live), and why those."""

    output: Json
    ports: frozenset[PortName] = frozenset({OUT})
    reason: str = ""


def out_only(_config: Any) -> tuple[PortName, ...]:
    """The ports of most node types."""
    return (OUT,)


def no_tools(_config: Any) -> Mapping[str, JsonObject | None]:
    """The tools of most node types."""
    return {}


def nothing_more(_config: Any) -> Collection[str]:
    """What most node types read beside their templates."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """`description` (the docstring of the node's module) is what the palette shows. `config` is a pydantic model that
    forbids extra fields: the inspector's form is made from its JSON Schema. `run` gets the context and the checked
    config with its templates still unfilled: a node fills what it uses."""

    name: str
    title: str
    icon: str
    group: str
    """Where the palette lists it: models, flow, people, data, tools."""
    description: str
    config: type[BaseModel]
    run: Callable[[Context, Any], Result]
    example: JsonObject
    """A config that validates."""
    ports: Callable[[Any], tuple[PortName, ...]] = out_only
    """The ordinary ports that a checked config has."""
    output_schema: Callable[[Any], JsonObject] = lambda _config: {}
    """JSON Schema of the output under a checked config ({}: anything)."""
    tools: Callable[[Any], Mapping[str, JsonObject | None]] = no_tools
    """The tools that a checked config may call, by name, each with the templates of its arguments where they are fixed."""
    reads: Callable[[Any], Collection[str]] = nothing_more
    """The paths into the values that a checked config reads beside its templates, such as the fields of conditions."""
    quick: bool = False
    """Whether it uses neither network nor tool: then many of it are claimed together."""
    hidden: bool = False
    """Whether the palette leaves it out (start and end)."""
    has_body: bool = False
    """Whether it is a container: its config has `body`."""
    revision: int = 1
    upgrade: Callable[[Json, int], Json] | None = None
    """The config of an earlier revision as one of this revision."""
    defaults: Mapping[str, Json] = field(default_factory=dict)
    """Common settings that differ from the usual ones, such as {"retry": {"tries": 1}}."""
