"""Finds node types, tools and providers: every module of nodes/, tools/ and providers/ that is not private, and the entry
points `baton.nodes`, `baton.tools`, `baton.providers` of other packages. Each defines exactly one: NODE, TOOL, PROVIDER."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import TypeVar

from orchestrator.contract.node import NodeType
from orchestrator.contract.provider import ProviderType
from orchestrator.contract.tool import ConnectionKind, ToolType
from orchestrator.engine.values import BatonError

Kind = TypeVar("Kind", NodeType, ToolType, ProviderType)


_packages = ["orchestrator"]
"""Where plug-ins are looked for: packages with sub-packages nodes, tools, providers."""


class UnknownType(BatonError):
    """There is no such node type, tool or provider here."""

    code = "unknown_type"


def add_packages(names: Iterable[str]) -> None:
    """Look in these packages too (the setting BATON_PLUGINS). Call it before anything is looked up."""
    _packages.extend(name for name in names if name not in _packages)


@cache
def node_types() -> Mapping[str, NodeType]:
    """Every node type by its name."""
    return _found("nodes", "NODE", NodeType)


@cache
def tool_types() -> Mapping[str, ToolType]:
    """Every tool by its name."""
    return _found("tools", "TOOL", ToolType)


@cache
def provider_types() -> Mapping[str, ProviderType]:
    """Every provider by its name."""
    return _found("providers", "PROVIDER", ProviderType)


def connection_kinds() -> Mapping[str, ProviderType | ConnectionKind]:
    """What connections can be made to: the providers of models, and what tools need."""
    brought = (tool.connects for tool in tool_types().values())
    return {**{kind.name: kind for kind in brought if kind is not None}, **provider_types()}


def node_type(name: str) -> NodeType:
    """The node type of that name. Raises UnknownType."""
    try:
        return node_types()[name]
    except KeyError:
        raise UnknownType(f"There is no node type {name!r}; there are {', '.join(sorted(node_types()))}.") from None


def tool_type(name: str) -> ToolType:
    """The tool of that name. Raises UnknownType."""
    try:
        return tool_types()[name]
    except KeyError:
        raise UnknownType(f"There is no tool {name!r}; there are {', '.join(sorted(tool_types()))}.") from None


def _found(package: str, attribute: str, kind: type[Kind]) -> Mapping[str, Kind]:
    found: dict[str, Kind] = {}
    for module in _modules(package):
        one = getattr(module, attribute, None)
        if not isinstance(one, kind):
            raise UnknownType(f"{module.__name__} must define {attribute}, a {kind.__name__}.")
        if one.name in found:
            raise UnknownType(f"{module.__name__} registers {one.name!r}, which another module has.")
        found[one.name] = one
    return found


def _modules(package: str) -> Iterator[ModuleType]:
    for name in _packages:
        yield from _modules_of(f"{name}.{package}")
    for point in entry_points(group=f"baton.{package}"):
        yield point.load()


def _modules_of(name: str) -> Iterator[ModuleType]:
    if find_spec(name) is None:
        return
    home = importlib.import_module(name)
    for info in pkgutil.iter_modules(home.__path__):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{name}.{info.name}")
