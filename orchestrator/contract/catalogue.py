"""The node types and tools that there are, as finding problems wants to know them (engine.problem.Catalogue)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from orchestrator.contract.node import NodeType
from orchestrator.contract.tool import ToolType
from orchestrator.engine.graph import BODY
from orchestrator.engine.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """`Types(nodes=registry.node_types(), tools=registry.tool_types())` is the product's."""

    nodes: Mapping[str, NodeType]
    tools: Mapping[str, ToolType]

    def type_names(self) -> Collection[str]:
        return frozenset(name for name, kind in self.nodes.items() if not kind.hidden)

    def config_problems(self, name: str, config: JsonObject) -> Sequence[tuple[str, str]]:
        kind = self.nodes[name]
        try:
            checked = kind.config.model_validate(dict(config))
        except ValidationError as error:
            return [
                (_place(item["loc"]), _words(item["msg"])) for item in error.errors() if not _is_inside(item["loc"])
            ]
        return list(self._tool_problems(kind, checked))

    def ports(self, name: str, config: JsonObject) -> Collection[str] | None:
        checked = self._checked(name, config)
        return None if checked is None else self.nodes[name].ports(checked)

    def reads(self, name: str, config: JsonObject) -> Collection[str]:
        checked = self._checked(name, config)
        return () if checked is None else self.nodes[name].reads(checked)

    def _checked(self, name: str, config: JsonObject) -> BaseModel | None:
        try:
            return self.nodes[name].config.model_validate(dict(config))
        except ValidationError:
            return None

    def has_body(self, name: str) -> bool:
        return name in self.nodes and self.nodes[name].has_body

    def _tool_problems(self, kind: NodeType, config: BaseModel) -> Iterator[tuple[str, str]]:
        for name, arguments in kind.tools(config).items():
            if name not in self.tools:
                yield _field(kind), f"There is no tool {name!r}; there are {', '.join(sorted(self.tools))}."
            elif arguments is not None:
                yield from _argument_problems(self.tools[name], arguments)


def _field(kind: NodeType) -> str:
    return "tools" if "tools" in kind.config.model_fields else "tool"


def _argument_problems(tool: ToolType, arguments: JsonObject) -> Iterator[tuple[str, str]]:
    """By their names alone: their values are templates."""
    fields = tool.arguments.model_fields
    for name in sorted(arguments.keys() - fields.keys()):
        yield f"arguments.{name}", f"{tool.name} has no argument {name!r}; it has {', '.join(fields)}."
    for name, field in fields.items():
        if field.is_required() and name not in arguments:
            yield f"arguments.{name}", f"{tool.name} needs the argument {name!r}: add it."


def _is_inside(location: tuple[int | str, ...]) -> bool:
    """Whether the place lies inside the graph of a container, which is looked at by itself."""
    return len(location) > 1 and location[0] == BODY and location[1] in ("nodes", "edges")


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _words(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
