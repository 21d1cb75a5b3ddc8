"""How a run begins: its start node is done already, with the run's input as its output."""

from dataclasses import replace

from orchestrator.engine.graph import START, Graph
from orchestrator.engine.state import Run, Step, StepStatus, run_status
from orchestrator.engine.values import OUT, StepPath


def first_steps(graph: Graph, *, output: str) -> tuple[Run, list[Step]]:
    """The run's counters and its first rows: `start`, and every step that it leads to, ready unless others lead there too.

    `output` is the payload reference of the checked input.
    """
    start = Step(path=StepPath(START), node=START, status=StepStatus.SUCCEEDED, ports=(OUT,), output=output, quick=True)
    steps = [start]
    for edge in graph.outgoing[START]:
        node, left = graph.nodes[edge.target], graph.indegree[edge.target] - 1
        step = Step(
            path=StepPath(edge.target), node=edge.target, queue=node.queue, quick=node.quick, undecided=left, live=1
        )
        steps.append(step if left else replace(step, status=StepStatus.READY))
    ready = sum(step.status is StepStatus.READY for step in steps)
    run = Run(open=ready, ready=ready)
    return replace(run, status=run_status(run)), steps
