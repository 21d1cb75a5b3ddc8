"""What the tabs of a run's page show: its graph, its timeline, its log and its result."""

from dataclasses import dataclass

from history.run import chart, critical, log, spans
from history.run.cards import Card
from history.run.chart import Chart
from history.run.critical import Critical
from history.run.head import Now
from history.run.names import names_of
from history.run.spans import Called
from history.run.values import Shown, shown
from orchestrator.models import Run, RunFile
from orchestrator.queries import events, run_asked, run_nodes, runs
from orchestrator.queries.looks import look_of
from ui.graph.outline import Item, outline
from ui.graph.reading import LIVE, View, read_graph
from ui.graph.values import Picture, State

MOST_EVENTS = 4000
LOG_EVENTS = 300
MOST_LINES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The graph with its cards, and the same as a list."""

    picture: Picture
    items: tuple[Item, ...]


def drawn(run: Run, now: Now, *, name: str, scope: str = "") -> Drawn:
    """Raises ui.graph.reading.NoSuchContainer."""
    drawing = run_nodes.drawing_of(run)
    states = {key: _state(card) for key, card in now.cards.items()}
    view = View(name=name, look=look_of, layout=drawing.layout, states=states, card=LIVE, scope=scope)
    picture = read_graph(drawing.document, view)
    return Drawn(picture=picture, items=outline(picture))


def _state(card: Card) -> State:
    return State(
        status=card.status, word=card.word.text, icon=card.word.icon, figures=card.figures, preview=card.preview
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`is_cut`: the run had more changes than are read for it."""

    chart: Chart
    critical: Critical
    chain: tuple[tuple[str, str], ...]
    """Path and name of the steps of the critical path."""
    is_cut: bool


def timeline_of(run: Run) -> Timeline:
    """Where the time of the run went so far."""
    graph, told = run_nodes.graph_of_run(run), events.events(run=run.pk, after=0, limit=MOST_EVENTS)
    calls = [
        Called(path=c.path, kind=c.kind, target=c.target, start=c.start, end=c.end) for c in run_asked.call_times(run)
    ]
    found = spans.lines(((at, facts) for _, at, facts in told), calls, now=run_nodes.clock())
    path, names = critical.critical(graph, found), names_of(graph)
    return Timeline(
        chart=chart.chart(found, path, names),
        critical=path,
        chain=tuple((step, names.of(step)) for step in path.steps),
        is_cut=len(told) == MOST_EVENTS and run.seq > MOST_EVENTS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The newest lines, the oldest of them first. `after` is the number of the last event in it, `earlier` that before the
    first (0: there are none before)."""

    entries: tuple[log.Entry, ...]
    after: int
    earlier: int
    of: str = ""


def log_of(run: Run, *, after: int | None = None, of: str = "", limit: int = LOG_EVENTS) -> Log:
    """The lines after an event, else the newest; `of` is the path of a step."""
    first = max(0, run.seq - limit) if after is None else after
    told = events.events(run=run.pk, after=first, limit=limit)
    found = log.entries(told, names_of(run_nodes.graph_of_run(run)), of=of)
    return Log(entries=tuple(found), after=told[-1][0] if told else first, earlier=first if after is None else 0, of=of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What went in and what came out. `error` is that of the step that failed it."""

    input: Shown
    output: Shown
    failed_step: str
    failed_name: str
    message: str
    files: tuple[RunFile, ...]


def result_of(run: Run) -> Result:
    """What the run was started with, and what it came to."""
    ends = runs.ends_of(run)
    error = ends.error or {}
    step = str(error.get("step", ""))
    return Result(
        input=shown(ends.input),
        output=shown(ends.output),
        failed_step=step,
        failed_name=names_of(run_nodes.graph_of_run(run)).of(step) if step else "",
        message=str(error.get("message", "")),
        files=tuple(run_asked.files_of(run)),
    )
