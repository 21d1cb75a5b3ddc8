"""Runs a whole workflow file in memory, node after node, as the worker would: gates approve, models answer by a function."""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from builder.portable import Sample, WorkflowFile, with_references
from orchestrator import registry
from orchestrator.contract.json_schema import with_defaults
from orchestrator.contract.messages import ModelRequest
from orchestrator.contract.node import Result
from orchestrator.engine.graph import END, START, Graph, compile_document
from orchestrator.engine.templating import fill
from orchestrator.engine.values import ANY, Json, JsonObject, NodeKey
from tests.fakes.context import FakeContext, Script
from tests.fakes.tool_context import Outside


@dataclass(frozen=True)
class WholeRun:
    """`results` are those of the nodes that ran, in the order in which they did."""

    output: Json
    results: Mapping[str, Result]
    requests: list[tuple[str, ModelRequest]]

    def ran(self) -> set[str]:
        return set(self.results)


def run_sample(workflow: WorkflowFile, sample: Sample, *, folder: Path, script: Script) -> WholeRun:
    """Run the sample with its files and the tables of the workflow file."""
    references = {path: f"file:{number}" for number, path in enumerate(sample.files)}
    files = {reference: (Path(path).name, (folder / path).read_bytes()) for path, reference in references.items()}
    schema = workflow.document.get("inputs") or {}
    inputs = with_defaults(with_references(schema, sample.inputs, references=references), schema)
    context = FakeContext(script=script, outside=Outside(tables=dict(workflow.tables), files=files))
    return run_document(workflow.document, inputs, context)


def run_document(document: JsonObject, inputs: Json, context: FakeContext) -> WholeRun:
    graph = compile_document(document)
    values: dict[str, Json] = {"inputs": inputs}
    results: dict[str, Result] = {}
    taken = {(START, "out"), (START, ANY)}
    for key in _order(graph):
        incoming = [
            (edge.source, edge.port) for edges in graph.outgoing.values() for edge in edges if edge.target == key
        ]
        if any(edge in taken for edge in incoming):
            results[key] = _run_node(graph, key, context, values)
            values[key] = results[key].output
            taken |= {(key, port) for port in results[key].ports} | {(key, ANY)}
    return WholeRun(output=fill(document.get("output"), values), results=results, requests=context.requests)


def _order(graph: Graph) -> list[NodeKey]:
    inner = {key for key in graph.nodes if "/" in key}
    before = {
        key: {edge.source for edges in graph.outgoing.values() for edge in edges if edge.target == key}
        for key in graph.nodes
    }
    order = TopologicalSorter(
        {key: sources - inner for key, sources in before.items() if key not in inner}
    ).static_order()
    return [key for key in order if key not in {START, END}]


def _run_node(graph: Graph, key: NodeKey, context: FakeContext, values: JsonObject) -> Result:
    node = graph.nodes[key]
    own = FakeContext(
        values=dict(values),
        script=context.script,
        outside=context.outside,
        node=node,
        journal=context.journal,
        requests=context.requests,
        performed=context.performed,
        prefix=f"{key}/",
    )
    return own.run(registry.node_type(node.type), node.config)
