"""With what an incident's step may be skipped: the schema of the output that it would have given, and the ports it may take."""

from dataclasses import dataclass

from pydantic import ValidationError

from orchestrator.engine.values import ANY, OUT, JsonObject, NodeKey
from orchestrator.models import Step
from orchestrator.queries import run_nodes
from orchestrator.registry import UnknownType, node_type
from reviews.models import Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipping:
    """`schema` is empty where nobody knows what the step would have given."""

    schema: JsonObject
    ports: tuple[str, ...] = (OUT,)


def skipping_of(review: Review) -> Skipping:
    """For the step of this incident."""
    graph = run_nodes.graph_of_run(review.run)
    key = Step.objects.of(review.team_id).filter(run=review.run_id, path=review.path).values_list("node", flat=True)
    node = graph.nodes.get(NodeKey(key.first() or ""))
    if node is None:
        return Skipping(schema={})
    used = {str(edge.port) for edge in graph.outgoing[node.key]} - {ANY}
    try:
        kind = node_type(node.type)
        config = kind.config.model_validate(dict(node.config))
    except (UnknownType, ValidationError):  # that may be why people are asked
        return Skipping(schema={}, ports=tuple(sorted(used)) or (OUT,))
    ports = tuple(str(port) for port in kind.ports(config) if port in used or port == OUT)
    return Skipping(schema=kind.output_schema(config), ports=ports or (OUT,))
