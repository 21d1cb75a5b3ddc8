"""What of a run's page was asked for: the tab, the step, the part. One call for the view."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from history.run import page, words
from history.run.drawer import Drawer, Unreached, read_drawer, unreached
from history.run.head import Face, Now, chosen_step, now_of
from history.run.page import Drawn, Log, Result, Timeline
from orchestrator.engine.values import Json
from orchestrator.models import Run
from orchestrator.queries import runs
from orchestrator.queries.run_steps import StepNotFound
from orchestrator.queries.runs import RunRow
from teams.callers import Caller
from ui.graph.reading import NoSuchContainer

TABS = ("graph", "timeline", "log", "result")
LARGEST = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A run's page. Of the tabs only the chosen one is read; `step` is the path of the step that is shown, if any."""

    run: RunRow
    face: Face
    tab: str
    step: str
    is_chosen: bool
    """Whether somebody asked for that step, and not the page itself."""
    view: str
    drawn: Drawn | None = None
    timeline: Timeline | None = None
    log: Log | None = None
    result: Result | None = None
    drawer: Drawer | None = None
    unreached: Unreached | None = None

    def words(self) -> Mapping[str, Json]:
        """What the page's script shows before it has asked for more."""
        return {"steps": words.of_steps(), "runs": words.of_runs()}

    def tabs(self) -> list[tuple[str, str]]:
        """Each tab with its query."""
        kept = {"step": self.step} if self.is_chosen else {}
        return [(tab, urlencode({"tab": tab, **kept})) for tab in TABS]


def look(*, by: Caller, run: int, asked: Mapping[str, str], part: str = "") -> Look:
    """Raises RunNotFound, StepNotFound."""
    found = runs.find(team=by.team_id, run=run)
    now, row = now_of(found, by), runs.run_row(found)
    tab = asked.get("tab", "")
    step = asked.get("step", "").replace("\x00", "")
    chosen = Look(
        run=row,
        face=now.face,
        tab=tab if tab in TABS else TABS[0],
        step=step or chosen_step(now),
        is_chosen=bool(step),
        view="outline" if asked.get("view") == "outline" else "",
    )
    if part in ("head", "actions"):
        return chosen
    return _with_tab(chosen if part else _with_panel(chosen, found, by), found, now, asked)


def _with_tab(chosen: Look, run: Run, now: Now, asked: Mapping[str, str]) -> Look:
    match chosen.tab:
        case "timeline":
            return replace(chosen, timeline=page.timeline_of(run))
        case "log":
            return replace(chosen, log=_log(run, asked))
        case "result":
            return replace(chosen, result=page.result_of(run))
        case _:
            return replace(chosen, drawn=_drawn(run, now, chosen.run, asked))


def _with_panel(chosen: Look, run: Run, by: Caller) -> Look:
    if not chosen.step:
        return chosen
    try:
        return replace(chosen, drawer=read_drawer(run, path=chosen.step, by=by))
    except StepNotFound:
        return replace(chosen, unreached=unreached(run, path=chosen.step))


def _drawn(run: Run, now: Now, row: RunRow, asked: Mapping[str, str]) -> Drawn:
    """The whole graph where the container that was asked for is none."""
    try:
        return page.drawn(run, now, name=row.name, scope=asked.get("scope", ""))
    except NoSuchContainer:
        return page.drawn(run, now, name=row.name)


def _log(run: Run, asked: Mapping[str, str]) -> Log:
    after = asked.get("after", "")
    known = int(after) if after.isdecimal() and len(after) < len(str(LARGEST)) else None
    return page.log_of(run, after=known, of=asked.get("of", "").replace("\x00", ""))
