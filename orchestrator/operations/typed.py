"""Checks what people type in a step's place: it must be such as the step could have given, by a port that it could have taken.

Asked before anything is written, so that what somebody typed is not lost but corrected.
"""

from collections.abc import Collection, Sequence

from pydantic import BaseModel, ValidationError

from orchestrator.contract.json_schema import WrongSchema, problems_of
from orchestrator.contract.node import NodeType
from orchestrator.engine.graph import Graph, Node
from orchestrator.engine.values import ANY, OUT, BatonError, Json, JsonObject, NodeKey
from orchestrator.models import Step
from orchestrator.registry import UnknownType, node_type
from orchestrator.store.graphs import graph_of
from teams.errors import WrongInput


class WrongPort(BatonError, WrongInput):
    """The step has no such port. Name one that it has."""

    code = "wrong_port"


class WrongOutput(BatonError, WrongInput):
    """The steps that come next expect another output. Correct it and send it again."""

    code = "wrong_output"


def check_typed(*, run: int, path: str, output: Json, ports: Sequence[str] = (OUT,)) -> None:
    """Whether the step may go on with this output by these ports. Raises WrongPort, WrongOutput. A step that is not there,
    or is an item of a container, is the engine's to refuse."""
    found = Step.unscoped.filter(run=run, path=path).values_list("node", "run__version_id").first()
    graph = graph_of(found[1]) if found else None
    node = graph.nodes.get(NodeKey(found[0])) if found and graph else None
    if graph is None or node is None:
        return
    kind, config = _type_of(node)
    _check_ports(path, ports, _ports(graph, node, kind, config))
    if kind is not None and config is not None:
        _check_output(path, output, kind.output_schema(config))


def _type_of(node: Node) -> tuple[NodeType | None, BaseModel | None]:
    """The type and the checked config; nothing where it is not installed any more, or has changed: that may be just why a
    person has to type."""
    try:
        kind = node_type(node.type)
        is_old = kind.upgrade is not None and node.revision < kind.revision
        source = kind.upgrade(dict(node.config), node.revision) if is_old and kind.upgrade else dict(node.config)
        return kind, kind.config.model_validate(source)
    except (UnknownType, ValidationError):
        return None, None


def _ports(graph: Graph, node: Node, kind: NodeType | None, config: BaseModel | None) -> frozenset[str]:
    """Those with an edge; where every port leads on, all that the type has besides."""
    wired = graph.ports(node.key)
    own = frozenset(kind.ports(config)) if kind is not None and config is not None else frozenset({OUT})
    return (wired - {ANY}) | own if ANY in wired else wired


def _check_ports(path: str, ports: Sequence[str], known: Collection[str]) -> None:
    wrong = [port for port in ports if port not in known]
    if wrong or not ports:
        names = ", ".join(sorted(known))
        said = (
            f"No edge of step {path!r} begins at the port {wrong[0]!r}."
            if wrong
            else f"Step {path!r} must take a port."
        )
        raise WrongPort(f"{said} Name one of: {names}.", ports=sorted(known))


def _check_output(path: str, output: Json, schema: JsonObject) -> None:
    try:
        problems = problems_of(output, schema)
    except WrongSchema:
        return  # the author's schema is no use: a person's output must not be refused for it
    if problems:
        raise WrongOutput(
            f"This is no output of step {path!r}. {'; '.join(problems)}.", problems=problems, schema=schema
        )
