"""What the panel of one step shows: what it was given, what it gave, why, its calls round by round, and who decided what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from history.run.names import Names, names_of
from history.run.said import Round, rounds
from history.run.values import Shown, shown
from orchestrator.contract.node import NodeType
from orchestrator.engine.graph import END, START, Graph, Node
from orchestrator.engine.values import ANY, OUT, Json, JsonObject, NodeKey
from orchestrator.models import Run
from orchestrator.queries import run_asked, run_nodes, run_steps, steps
from orchestrator.queries.run_asked import Asked, Deed
from orchestrator.queries.run_steps import StepNotFound, StepRow, StepWhole
from orchestrator.queries.runs import decoded
from orchestrator.registry import UnknownType, node_type
from teams.callers import Caller
from teams.policy import Action

FAILED_RUN = ("failing", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one earlier step gave to this one."""

    path: str
    name: str
    value: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A step inside a container, or one of its items."""

    row: StepRow
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """`message` is what people read first; `more` is whatever else was kept."""

    code: str
    message: str
    more: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """A step. `why` says why its code chose as it did; `original` is its own output where people edited it."""

    run: int
    path: str
    name: str
    type: str
    icon: str
    row: StepRow
    seconds: float | None
    tokens: int
    item: Shown | None
    given: tuple[Given, ...]
    output: Shown
    original: Json
    edited: Json
    error: Error | None
    why: str
    routes: tuple[str, ...]
    rounds: tuple[Round, ...]
    asked: tuple[Asked, ...]
    deeds: tuple[Deed, ...]
    items: tuple[Inner, ...]
    next_item: int | None
    may_retry: bool
    may_skip: bool

    @property
    def waits_for_people(self) -> bool:
        return any(one.is_of_people and one.status == "open" for one in self.asked)

    @property
    def is_streaming(self) -> bool:
        return any(call.is_model and call.is_under_way for one in self.rounds for call in one.calls)


def read_drawer(run: Run, *, path: str, by: Caller, after: int = 0) -> Drawer:
    """The step at this path; for a node inside a container, its container. Raises StepNotFound."""
    graph = run_nodes.graph_of_run(run)
    names = names_of(graph)
    try:
        whole = run_steps.step_of(run, path=path)
    except StepNotFound:
        if "/" not in path or NodeKey(path) not in graph.nodes:
            raise
        whole = run_steps.step_of(run, path=path.partition("/")[0])
    if whole.row.status == "pending":
        raise StepNotFound(f"Run {run.pk} has not come to {path!r}.", path=path)
    return _drawer(run, whole, names, by=by, after=after)


def _drawer(run: Run, whole: StepWhole, names: Names, *, by: Caller, after: int) -> Drawer:
    row, graph = whole.row, run_nodes.graph_of_run(run)
    node, kind = graph.nodes.get(NodeKey(row.node)), _kind(graph, row.node)
    items = _items(run, row, names, after)
    ended = row.status == "failed" and run.status in FAILED_RUN
    took = (row.finished_at - row.started_at).total_seconds() if row.finished_at and row.started_at else None
    return Drawer(
        run=run.pk,
        path=row.path,
        name=names.of(row.path),
        type=kind.title if kind else "",
        icon=kind.icon if kind else "layers",
        row=row,
        seconds=took,
        tokens=_tokens(whole),
        item=shown(whole.input) if row.path == START or "[" in row.path else None,
        given=tuple(_given(run, graph, row, names)),
        output=shown(None if items else whole.output),
        original=whole.original,
        edited=whole.output if whole.original is not None else None,
        error=_error(row.error),
        why=_why(node, whole.output),
        routes=_routes(node, whole.output),
        rounds=tuple(rounds(whole.calls)),
        asked=tuple(run_asked.asked_by(run, path=row.path)),
        deeds=tuple(run_asked.deeds_of(run, path=row.path)),
        items=items,
        next_item=items[-1].row.cursor if len(items) == run_steps.MOST else None,
        may_retry=ended and by.may(Action.control_run),
        may_skip=ended and by.may(Action.skip_step),
    )


def _kind(graph: Graph, key: str) -> NodeType | None:
    node = graph.nodes.get(NodeKey(key))
    try:
        return node_type(node.type) if node else None
    except UnknownType:
        return None


def _items(run: Run, row: StepRow, names: Names, after: int) -> tuple[Inner, ...]:
    """The items of a container; the steps of an item whose body has several."""
    if row.path.endswith("]"):
        found: Sequence[StepRow] = run_asked.inside_of(run, path=row.path)
    else:
        found = run_asked.items_of(run, path=row.path, after=after)
    return tuple(Inner(row=one, name=names.of(one.path)) for one in found)


def _given(run: Run, graph: Graph, row: StepRow, names: Names) -> list[Given]:
    """The outputs of the steps of the root graph that lead here and went this way."""
    if "[" in row.path or row.path == END:
        return []
    sources = [key for key in graph.nodes if any(edge.target == row.path for edge in graph.outgoing[key])]
    stored = steps.outputs(run=run.pk, paths=[str(key) for key in sources])
    return [
        Given(path=path, name=names.of(path), value=shown(_output(output)))
        for path, (status, output, _) in stored.items()
        if status == "succeeded" and path != START
    ]


def _output(text: str | None) -> Json:
    return None if not text or text.startswith("#") else decoded(text)


def _error(error: Json) -> Error | None:
    if not isinstance(error, Mapping):
        return None
    more = {key: value for key, value in error.items() if key not in ("code", "message")}
    return Error(code=str(error.get("code", "")), message=str(error.get("message", "")), more=more or None)


def _why(node: Node | None, output: Json) -> str:
    """A router says it in its output; what went another way than its code wanted says it in its reason."""
    if node and node.type == "router" and isinstance(output, Mapping):
        return str(output.get("reason") or "")
    return ""


def _routes(node: Node | None, output: Json) -> tuple[str, ...]:
    if node and node.type == "router" and isinstance(output, Mapping):
        return tuple(map(str, output.get("routes") or ()))
    return ()


def _tokens(whole: StepWhole) -> int:
    used = [call.usage for call in whole.calls if isinstance(call.usage, list)]
    return sum((one[0] or 0) + (one[-1] or 0) for one in used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A step that the run has not come to."""

    path: str
    name: str
    type: str
    icon: str


def unreached(run: Run, *, path: str) -> Unreached:
    """Raises StepNotFound where the workflow has no such step at all."""
    graph = run_nodes.graph_of_run(run)
    if NodeKey(path) not in graph.nodes:
        raise StepNotFound(f"Run {run.pk} has no step {path!r}. Name one as the run lists it.", path=path)
    kind = _kind(graph, path)
    return Unreached(
        path=path, name=names_of(graph).of(path), type=kind.title if kind else "", icon=kind.icon if kind else "box"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Skippable:
    """What a typed output of a step looks like, and the ports that it may take."""

    schema: JsonObject
    ports: tuple[str, ...]


def skippable(run: Run, *, path: str) -> Skippable:
    """Raises StepNotFound."""
    row = run_steps.step_of(run, path=path).row
    graph = run_nodes.graph_of_run(run)
    node, kind = graph.nodes.get(NodeKey(row.node)), _kind(graph, row.node)
    if node is None or kind is None:
        return Skippable(schema={}, ports=(OUT,))
    used = {edge.port for edge in graph.outgoing[node.key]} - {ANY}
    try:
        config = kind.config.model_validate(dict(node.config))
    except ValidationError:  # that is why it failed
        return Skippable(schema={}, ports=tuple(sorted(used)) or (OUT,))
    ports = tuple(port for port in kind.ports(config) if port in used or port == OUT)
    return Skippable(schema=kind.output_schema(config), ports=ports or (OUT,))
