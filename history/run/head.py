"""Where a run stands: the head of its page and the card of each node. What a live page asks for after every change.

The run's row is read before everything else: whoever follows the events after its `seq` misses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from history.run import cards
from history.run.cards import Card
from history.run.controls import Control, offered
from orchestrator.engine.graph import END, START
from orchestrator.engine.values import Json
from orchestrator.models import Run
from orchestrator.queries import run_nodes, runs
from orchestrator.queries.run_nodes import NodeState, Used
from orchestrator.queries.words import Word, run_word
from teams.callers import Caller
from ui import formats
from ui.status import tone

FINAL = ("succeeded", "failed", "cancelled")
UNITS = ("money", "tokens", "calls")
"""In the order in which their bars stand."""
NEARLY = 0.8
"""Of a budget: from here on its bar warns."""
MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A bar: of a budget, or of progress."""

    label: str
    value: int
    most: int
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The head of the page. `seconds` is how long it has taken so far; `ahead` are runs that wait before this one."""

    run: int
    seq: int
    status: str
    word: Word
    created_at: datetime
    seconds: float
    is_over: bool
    tokens: int
    cost: float
    steps: Gauge
    items: Gauge | None
    budgets: tuple[Gauge, ...]
    ahead: int
    controls: tuple[Control, ...]

    @property
    def tone(self) -> str:
        return tone(self.word.icon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """Where a run stands: its head and the card of each node. What a live page asks for after a change."""

    face: Face
    cards: Mapping[str, Card]
    nodes: Mapping[str, NodeState]

    def as_json(self) -> dict[str, Json]:
        """Texts as the page shows them; `seconds` is counted on by the page."""
        face = self.face
        texts = {
            "tokens": formats.tokens(face.tokens),
            "cost": formats.money(face.cost),
            "steps": face.steps.text,
            "items": face.items.text if face.items else "",
        }
        gauges = {gauge.label: gauge for gauge in (face.steps, *filter(None, [face.items]), *face.budgets)}
        return {
            "seq": face.seq,
            "status": face.status,
            "word": {"text": face.word.text, "icon": face.word.icon, "tone": face.tone},
            "seconds": face.seconds,
            "over": face.is_over,
            "texts": texts,
            "gauges": {name: [one.value, one.most, one.text, one.tone] for name, one in gauges.items()},
            "cards": {key: card.as_json() for key, card in self.cards.items()},
        }


def now_of(run: Run, by: Caller) -> Now:
    """Where the run stands."""
    now = run_nodes.clock()
    nodes = run_nodes.nodes_of(run)
    return Now(face=_face(run, by, nodes, now), cards=cards.cards(nodes, now=now), nodes=nodes)


def _face(run: Run, by: Caller, nodes: Mapping[str, NodeState], now: float) -> Face:
    is_over = run.status in FINAL
    end = run.finished_at if is_over and run.finished_at is not None else now
    return Face(
        run=run.pk,
        seq=run.seq,
        status=run.status,
        word=run_word(run.status),
        created_at=runs.moment(run.created_at),
        seconds=max(0.0, end - run.created_at),
        is_over=is_over,
        tokens=sum(node.spent.tokens for node in nodes.values()),
        cost=runs.dollars(run.cost),
        steps=_steps(run, nodes),
        items=_items(nodes),
        budgets=tuple(map(_budget, sorted(run_nodes.budgets_of(run), key=lambda used: UNITS.index(used.unit)))),
        ahead=run_nodes.runs_ahead(run) if run.status == "queued" else 0,
        controls=tuple(offered(run, by)),
    )


def _steps(run: Run, nodes: Mapping[str, NodeState]) -> Gauge:
    """Of the whole workflow; what is not needed counts as done once that is decided."""
    every = [key for key in run_nodes.graph_of_run(run).nodes if "/" not in key and key not in (START, END)]
    done = sum(node.brief.status in cards.DONE for key in every if (node := nodes.get(key)) and node.brief)
    return Gauge(label="steps", value=done, most=len(every), text=f"{done} of {len(every)}")


def _items(nodes: Mapping[str, NodeState]) -> Gauge | None:
    found = [node.items for node in nodes.values() if node.items]
    if not found:
        return None
    done, size = sum(one.done + one.failed for one in found), sum(one.size for one in found)
    return Gauge(label="items", value=done, most=size, text=f"{done} of {size}")


def _budget(used: Used) -> Gauge:
    show = {"money": lambda amount: formats.money(amount / MICRO), "tokens": formats.tokens}.get(used.unit, str)
    share = used.spent / used.most if used.most else 1.0
    colour = "failed" if share >= 1 else "waiting" if share >= NEARLY else ""
    text = f"{show(used.spent)} of {show(used.most)}"
    return Gauge(label=used.unit, value=min(used.spent, used.most), most=max(used.most, 1), text=text, tone=colour)


def chosen_step(now: Now) -> str:
    """The step that is shown at first: what failed, else what waits for people."""
    first = {"failed": "", "waiting": ""}
    for key, card in now.cards.items():
        brief = now.nodes[key].brief
        if brief and card.status in first and not first[card.status] and tone(card.word.icon) in ("failed", "waiting"):
            first[card.status] = brief.path
    return first["failed"] or first["waiting"]
