"""What led to a review: the run's input, what the steps before gave, what was said between the step and its model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.engine.graph import START, Graph
from orchestrator.engine.values import Json, JsonObject, NodeKey
from orchestrator.models import Run
from orchestrator.queries import run_nodes, run_steps, steps
from orchestrator.queries.run_steps import CallRow, StepNotFound
from orchestrator.queries.runs import decoded
from reviews.models import Review

LONGEST = 6000
MOST_MESSAGES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value as it is read: `text` is Markdown, `data` what has no text. Long ones are cut, and say so."""

    text: str = ""
    data: Json = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a step before gave."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message between the step and its model; `uses` are the tools that it wanted, `results` what those gave."""

    who: str
    text: str
    uses: tuple[tuple[str, Json], ...] = ()
    results: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """All of it. `calls` are the tool calls of the step that are on record."""

    given: Value
    sources: tuple[Source, ...] = ()
    said: tuple[Said, ...] = ()
    calls: tuple[CallRow, ...] = ()


def led_to(review: Review) -> Led:
    """What led to it; of a budget nothing but the run's input."""
    run = review.run
    try:
        whole = run_steps.step_of(run, path=review.path)
    except StepNotFound:
        return Led(given=value_of(_given(run)))
    own = [call for call in whole.calls if call.round == review.round]
    return Led(
        given=value_of(whole.input if "[" in review.path else _given(run)),
        sources=tuple(_sources(run, run_nodes.graph_of_run(run), review.path)),
        said=_conversation(own),
        calls=tuple(call for call in own if call.kind == "tool"),
    )


def value_of(value: Json) -> Value:
    """As people read it."""
    if isinstance(value, Mapping) and isinstance(value.get("text"), str) and set(value) <= {"text", "data"}:
        text = value["text"] if value.get("data") is None else ""
        return _cut(text) if text else Value(data=value.get("data"))
    return _cut(value) if isinstance(value, str) else Value(data=value)


def _cut(text: str) -> Value:
    return Value(text=text[:LONGEST], is_cut=len(text) > LONGEST)


def _given(run: Run) -> Json:
    return run_steps.step_of(run, path=START).input


def _sources(run: Run, graph: Graph, path: str) -> Iterator[Source]:
    if NodeKey(path) not in graph.nodes:
        return
    before = [key for key in graph.nodes if any(edge.target == path for edge in graph.outgoing[key])]
    for source, (status, output, _) in steps.outputs(run=run.pk, paths=[str(key) for key in before]).items():
        if status == "succeeded" and source != START:
            node = graph.nodes[NodeKey(source)]
            value = None if not output or output.startswith("#") else decoded(output)
            yield Source(name=node.title or source, value=value_of(value))


def _conversation(calls: Sequence[CallRow]) -> tuple[Said, ...]:
    """Of the newest call of a model, which holds all that was said before it."""
    models = [call for call in calls if call.kind == "model"]
    if not models:
        return ()
    request, outcome = _object(models[-1].request), _object(models[-1].outcome)
    asked = [Said(who="system", text=str(request["system"])[:LONGEST])] if request.get("system") else []
    asked += [_said(str(one.get("role")), one.get("parts") or []) for one in request.get("messages") or [] if one]
    answer = [_said("assistant", outcome["parts"])] if outcome.get("parts") else []
    return tuple([*asked, *answer][-MOST_MESSAGES:])


def _said(who: str, parts: Sequence[JsonObject]) -> Said:
    return Said(
        who=who,
        text="".join(str(part["text"]) for part in parts if "text" in part)[:LONGEST],
        uses=tuple((str(part.get("name")), part.get("arguments")) for part in parts if "tool_use" in part),
        results=tuple(
            (str(part.get("name")), str(part.get("content"))[:LONGEST]) for part in parts if "tool_result" in part
        ),
    )


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}
