"""The steps of a run as people see them, and one step with its calls. Of one team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from orchestrator.engine.graph import START, Graph
from orchestrator.engine.values import BatonError, Json, JsonObject, NodeKey
from orchestrator.models import Call, LedgerEntry, Question, Run, Step
from orchestrator.queries.runs import decoded, dollars, moment, moment_or_none
from orchestrator.queries.words import Waited, Word, step_word
from orchestrator.store import payloads
from orchestrator.store.database import current_time
from orchestrator.store.graphs import graph_of
from teams.errors import NotFound

MOST = 500
_SHOWN = ("ready", "running", "waiting", "succeeded", "failed", "skipped", "cancelled")


class StepNotFound(BatonError, NotFound):
    """There is no such step in this run. A step is named by its path, as the run lists it."""

    code = "no_such_step"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A step in its run. `cursor` is what the next page begins after. `output` is left out (`is_cut`) where it is large or
    the list of a container's items; `edited_by_people` where it is not the node's own."""

    cursor: int
    path: str
    node: str
    type: str
    title: str
    status: str
    reason: str
    word: Word
    attempt: int
    round: int
    tries: int
    crashes: int
    started_at: datetime | None
    finished_at: datetime | None
    cost: float
    output: Json
    is_cut: bool
    edited_by_people: bool
    error: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call of a step. Request and outcome as they were journalled."""

    round: int
    key: str
    kind: str
    target: str
    status: str
    attempt: int
    drifted: bool
    request: Json
    outcome: Json
    error: Json
    usage: Json
    cost: float | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWhole:
    """A step with everything that is stored of it."""

    row: StepRow
    input: Json
    output: Json
    original: Json
    calls: Sequence[CallRow]


def steps_of(run: Run, *, after: int = 0, limit: int = MOST) -> list[StepRow]:
    """In the order in which they were opened, at most 500, those after the cursor."""
    found = Step.objects.of(run.team_id).filter(run=run.pk, pk__gt=after, status__in=_SHOWN).order_by("pk")
    return rows_of(run, list(found[: min(limit, MOST)]))


def step_of(run: Run, *, path: str) -> StepWhole:
    """One step with its calls, oldest first. Raises StepNotFound."""
    step = Step.objects.of(run.team_id).filter(run=run.pk, path=path).first()
    if step is None:
        raise StepNotFound(f"Run {run.pk} has no step {path!r}. Name one as the run lists it.", path=path)
    given = run.input if path == START else step.input
    references = [text for text in (given, step.output, step.original) if text]
    stored = payloads.bodies(run.pk, references)
    return StepWhole(
        row=rows_of(run, [step])[0],
        input=_whole(given, stored),
        output=_whole(step.output, stored),
        original=_whole(step.original, stored),
        calls=_calls(run, path),
    )


def rows_of(run: Run, steps: Sequence[Step]) -> list[StepRow]:
    """Those steps as people see them."""
    graph, now = graph_of(run.version_id), current_time()
    paths = [step.path for step in steps]
    costs, waited = _costs(run, paths), waits_of(run, [step.path for step in steps if step.status == "waiting"])
    return [_row(step, graph, cost=costs.get(step.path, 0), waited=waited.get(step.path), now=now) for step in steps]


def _row(step: Step, graph: Graph, *, cost: int, waited: Waited | None, now: float) -> StepRow:
    node = graph.nodes.get(NodeKey(step.node))
    error = decoded(step.error)
    code = error.get("code", "") if isinstance(error, Mapping) else ""
    is_cut = (step.output or "").startswith(("@", "#"))
    return StepRow(
        cursor=step.pk,
        path=step.path,
        node=step.node,
        type=node.type if node else "item",
        title=(node.title if node else "") or step.path,
        status=step.status,
        reason=step.reason,
        word=step_word(status=step.status, reason=step.reason, error=code, waited=waited, now=now),
        attempt=step.attempt,
        round=step.round,
        tries=step.tries,
        crashes=step.crashes,
        started_at=moment_or_none(
            step.finished_at if step.path == START else step.started_at
        ),  # it begins with the run
        finished_at=moment_or_none(step.finished_at),
        cost=dollars(cost),
        output=None if is_cut else decoded(step.output),
        is_cut=is_cut,
        edited_by_people=step.original is not None,
        error=error,
    )


def _costs(run: Run, paths: Sequence[str]) -> dict[str, int]:
    rows = LedgerEntry.objects.of(run.team_id).filter(run=run.pk, path__in=paths)
    return {path: cost or 0 for path, cost in rows.values_list("path").annotate(Sum("cost"))}


def waits_of(run: Run, paths: Sequence[str]) -> dict[str, Waited]:
    """What the waiting steps wait for; of several the one that is due first."""
    if not paths:
        return {}
    rows = Question.objects.of(run.team_id).filter(run=run.pk, path__in=paths, status="open", waited=True)
    found: dict[str, Waited] = {}
    for path, event, due_at in rows.order_by("-due_at").values_list("path", "event", "due_at"):
        kind = (event or "").partition(":")[0]
        found[path] = Waited(event=_name_of_event(event or ""), due_at=due_at, kind=kind)
    return found


def _name_of_event(event: str) -> str:
    """The name in `event:<name>:<correlation>`; nothing for events of the product itself."""
    kind, _, rest = event.partition(":")
    return rest.partition(":")[0] if kind == "event" else ""


def _calls(run: Run, path: str) -> list[CallRow]:
    calls = list(Call.objects.of(run.team_id).filter(run=run.pk, path=path).order_by("started_at", "pk"))
    texts = [text for call in calls for text in (call.request, call.outcome) if text]
    stored = payloads.bodies(run.pk, texts)
    said = _said(run, [_whole(call.request, stored) for call in calls])
    return [
        CallRow(
            round=call.round,
            key=call.key,
            kind=call.kind,
            target=call.target,
            status=call.status,
            attempt=call.attempt,
            drifted=call.drifted,
            request=_spoken(_whole(call.request, stored), said),
            outcome=_whole(call.outcome, stored),
            error=decoded(call.error),
            usage=decoded(call.usage),
            cost=None if call.cost is None else dollars(call.cost),
            started_at=moment(call.started_at),
            ended_at=moment_or_none(call.ended_at),
        )
        for call in calls
    ]


def _said(run: Run, requests: Sequence[Json]) -> Mapping[str, str]:
    """The texts that requests name by their hashes, each stored once per run."""
    names = {name for request in requests if isinstance(request, Mapping) for name in _names(request)}
    return payloads.bodies(run.pk, [f"@{name}" for name in sorted(names)])


def _names(request: JsonObject) -> list[str]:
    return [name for name in [*request.get("messages", ()), request.get("system"), request.get("tools")] if name]


def _spoken(request: Json, said: Mapping[str, str]) -> Json:
    """A model's request with its messages, its system text and its tools instead of their hashes."""
    if not isinstance(request, Mapping) or "messages" not in request:
        return request

    def text(name: Json) -> Json:
        return decoded(said.get(f"@{name}"))

    return {
        **request,
        "system": text(request.get("system")),
        "tools": decoded(text(request.get("tools"))),  # kept as a text of JSON
        "messages": [text(name) for name in request["messages"]],
    }


def _whole(text: str | None, stored: Mapping[str, str]) -> Json:
    """A value, read from its payload where it is large; the list of a container's items is told by its scope alone."""
    if text and text.startswith("#"):
        return {"items_of": text[1:].rpartition("|")[0]}
    return decoded(stored.get(text, text)) if text else None
