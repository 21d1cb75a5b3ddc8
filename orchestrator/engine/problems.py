"""What is wrong with a workflow's document, all at once, in words that say what to do. The document of a draft may be anything.

A document without errors can be compiled (`graph.compile_document`) and run; hints stop nobody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.engine.graph import BODY, END, START
from orchestrator.engine.problem import KEY, RESERVED, Catalogue, Problem, Severity
from orchestrator.engine.problem_edges import Wiring, edge_problems, read_edges, side_ports
from orchestrator.engine.problem_references import (
    Sight,
    declared_inputs,
    input_problems,
    path_problems,
    template_problems,
)
from orchestrator.engine.problem_settings import setting_problems
from orchestrator.engine.values import Json, JsonObject

MOST_NODES, DEEPEST = 200, 5


def find_problems(document: Json, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Every problem, errors first, otherwise in the order of the document. () when it can be run and nothing is odd."""
    if not isinstance(document, Mapping):
        return (Problem(code="wrong_shape", message="A workflow is an object with nodes and edges."),)
    sight = Sight(nodes=frozenset(), inputs=declared_inputs(document.get("inputs")))
    part = _Part(document=document, prefix="", depth=1, sight=sight, catalogue=catalogue)
    found = [*input_problems(document), *_frame_problems(document, catalogue), *_part_problems(part)]
    return tuple(sorted(found, key=lambda problem: problem.severity is not Severity.ERROR))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One graph of the document: the root, or the body of a container (`prefix` is its key and a slash)."""

    document: JsonObject
    prefix: str
    depth: int
    sight: Sight
    catalogue: Catalogue

    def field(self, name: str) -> str:
        return f"config.{BODY}.{name}" if self.prefix else name

    def problem(self, code: str, field: str, message: str) -> Problem:
        return Problem(code=code, node=self.prefix.rstrip("/"), field=self.field(field), message=message)


def _frame_problems(document: JsonObject, catalogue: Catalogue) -> Iterator[Problem]:
    """The input's schema and the output's mapping are the configs of the two ends."""
    ends = (
        (START, "inputs", {"schema": document.get("inputs") or {}}),
        (END, "output", {"output": document.get("output")}),
    )
    for name, field, config in ends:
        for _, message in catalogue.config_problems(name, config):
            yield Problem(code="wrong_config", field=field, message=message)


def _part_problems(part: _Part) -> Iterator[Problem]:
    nodes = part.document.get("nodes") or {}
    if not isinstance(nodes, Mapping) or not nodes:
        yield part.problem("no_nodes", "nodes", "There are no nodes: add one.")
        return
    if len(nodes) > MOST_NODES:
        message = (
            f"There are {len(nodes)} nodes; a graph has at most {MOST_NODES}. Move some into a container or a workflow."
        )
        yield part.problem("too_large", "nodes", message)
    wired = {key: node for key, node in nodes.items() if isinstance(key, str) and isinstance(node, Mapping)}
    edges, problems = read_edges(part.document, part.prefix)
    yield from problems
    wrong = {key: list(_type_problems(part, key, node)) for key, node in wired.items()}
    ports = {key: None if wrong[key] else _ports(part, node) for key, node in wired.items()}
    wiring = Wiring(nodes=wired, ports=ports, edges=edges, is_root=not part.prefix)
    for key in nodes:
        yield from _key_problems(part, key)
        if key in wired:
            yield from wrong[key]
            yield from _node_problems(part, wiring, key, is_right=not wrong[key])
        else:
            yield Problem(code="wrong_shape", node=part.prefix + str(key), message="A node is an object with a `type`.")
    yield from edge_problems(wiring, part.prefix)
    yield from _output_problems(part, wiring)


def _key_problems(part: _Part, key: Json) -> Iterator[Problem]:
    where = f"{part.prefix}{key}"
    if not isinstance(key, str) or not KEY.fullmatch(key):
        message = (
            f"{key!r} cannot be a node's key: use up to 64 letters, digits, _ and -, beginning with a letter or _."
        )
        yield Problem(code="wrong_key", node=where, message=message)
    elif key in RESERVED:
        message = f"{key!r} has a meaning of its own: choose another key."
        yield Problem(code="reserved_key", node=where, message=message)


def _type_problems(part: _Part, key: str, node: JsonObject) -> Iterator[Problem]:
    """What is wrong with a node's type and config."""
    where, name, config = part.prefix + key, node.get("type"), _config(node)
    if not isinstance(name, str) or name not in part.catalogue.type_names():
        message = f"There is no node type {name!r}; there are {', '.join(sorted(part.catalogue.type_names()))}."
        yield Problem(code="unknown_type", node=where, field="type", message=message)
    elif not isinstance(config, Mapping):
        yield Problem(code="wrong_config", node=where, field="config", message="`config` is an object.")
    else:
        for field, message in part.catalogue.config_problems(name, config):
            whole = f"config.{field}" if field else "config"
            yield Problem(code="wrong_config", node=where, field=whole, message=message)


def _config(node: JsonObject) -> Json:
    return {} if node.get("config") is None else node["config"]


def _ports(part: _Part, node: JsonObject) -> frozenset[str] | None:
    ports = part.catalogue.ports(node["type"], _config(node))
    return None if ports is None else frozenset(ports) | side_ports(node)


def _node_problems(part: _Part, wiring: Wiring, key: str, *, is_right: bool) -> Iterator[Problem]:
    node, where = wiring.nodes[key], part.prefix + key
    before = wiring.upstream(key) - {key}
    sight = part.sight.of(before, wiring.nodes.keys() - before)
    yield from setting_problems(where, node)
    yield from template_problems(where, "config", _config(node), sight)
    if is_right:
        yield from path_problems(where, "config", part.catalogue.reads(node["type"], _config(node)), sight)
    yield from _body_problems(part, node, where, sight)


def _body_problems(part: _Part, node: JsonObject, where: str, sight: Sight) -> Iterator[Problem]:
    config = _config(node)
    body = config.get(BODY) if isinstance(config, Mapping) else None
    if not isinstance(body, Mapping) or not part.catalogue.has_body(str(node.get("type"))):
        return
    if part.depth >= DEEPEST:
        message = f"Containers are nested more than {DEEPEST} deep: move the inner graph into a workflow of its own."
        yield Problem(code="too_deep", node=where, field=f"config.{BODY}", message=message)
        return
    inside = Sight(nodes=sight.nodes, inputs=sight.inputs, has_item=True)
    inner = _Part(document=body, prefix=f"{where}/", depth=part.depth + 1, sight=inside, catalogue=part.catalogue)
    yield from _part_problems(inner)


def _output_problems(part: _Part, wiring: Wiring) -> Iterator[Problem]:
    """The output is filled when everything is done."""
    sight = part.sight.of(wiring.nodes, ())
    yield from template_problems(part.prefix.rstrip("/"), part.field("output"), part.document.get("output"), sight)
