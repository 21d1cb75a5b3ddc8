"""What the page of one workflow shows. Of the tabs only the chosen one is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from builder.open_reviews import open_reviews
from orchestrator import registry
from orchestrator.engine.graph import BODY
from orchestrator.engine.values import Json, JsonObject
from orchestrator.models import Version, Workflow
from orchestrator.operations.starting import runs_subject
from orchestrator.queries.looks import look_of
from orchestrator.queries.runs import RunRow
from orchestrator.queries.workflow_list import Record, recent_runs, records_of, runs_at_once
from orchestrator.queries.workflows import list_versions, version_of, workflow_of
from teams.callers import Caller
from teams.policy import Action
from ui.graph.outline import Item, outline
from ui.graph.reading import NoSuchContainer, View, read_graph
from ui.graph.values import Picture

TABS = ("graph", "versions", "runs", "settings")
VERSIONS, RUNS = 50, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a step, called as its form calls it. `is_tree`: it has parts."""

    label: str
    value: Json
    is_tree: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of the graph, as its file has it."""

    key: str
    name: str
    type: str
    icon: str
    settings: tuple[Setting, ...]
    gate: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for."""

    tab: str = ""
    number: int | None = None
    step: str = ""
    scope: str = ""
    view: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A workflow's page; `version` is the one that is looked at, `newest` the number of the newest."""

    by: Caller
    workflow: Workflow
    version: Version
    newest: int
    tags: Sequence[str]
    record: Record
    reviews: int
    tab: str
    view: str = ""
    picture: Picture | None = None
    items: Sequence[Item] = ()
    step: Step | None = None
    versions: Sequence[Version] = ()
    older: int | None = None
    runs: Sequence[RunRow] = ()
    runs_at_once: int | None = None

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """Each tab with its query."""
        kept = {"number": self.version.number} if self.version.number != self.newest else {}
        return [(tab, urlencode({"tab": tab, **kept})) for tab in TABS if tab != "settings" or self.may_edit]

    @property
    def is_old(self) -> bool:
        return self.version.number != self.newest

    @property
    def may_start(self) -> bool:
        return self.by.may(Action.start_run) and not self.workflow.archived_at

    @property
    def may_edit(self) -> bool:
        return self.by.may(Action.edit_draft)

    @property
    def may_publish(self) -> bool:
        return self.by.may(Action.publish)

    @property
    def may_delete(self) -> bool:
        return self.by.may(Action.delete_run)

    @property
    def may_limit(self) -> bool:
        return self.by.may(Action.edit_budget)


def shown(*, by: Caller, workflow: int, asked: Asked, since: float) -> Shown:
    """Raises WorkflowNotFound, VersionNotFound."""
    found = workflow_of(team=by.team_id, workflow=workflow)
    version = version_of(team=by.team_id, slug=found.slug, number=asked.number)
    records = records_of(team=by.team_id, workflows=[found.pk], since=since)
    page = Shown(
        by=by,
        workflow=found,
        version=version,
        newest=found.newest,  # type: ignore[attr-defined]  # annotated by the query
        tags=[tag.name for tag in found.tags.all()],
        record=records.get(found.pk) or Record(),
        reviews=open_reviews(by, [found.pk]).get(found.pk, 0),
        tab=asked.tab if asked.tab in TABS else TABS[0],
    )
    return _with_tab(page, asked)


def _with_tab(page: Shown, asked: Asked) -> Shown:
    team, workflow = page.by.team_id, page.workflow
    match page.tab:
        case "versions":
            found = list_versions(team=team, slug=workflow.slug, before=asked.before, limit=VERSIONS + 1)
            older = found[VERSIONS - 1].number if len(found) > VERSIONS else None
            return replace(page, versions=found[:VERSIONS], older=older)
        case "runs":
            return replace(page, runs=recent_runs(team=team, workflow=workflow.pk, limit=RUNS))
        case "settings":
            return replace(page, runs_at_once=runs_at_once(team=team, subject=runs_subject(workflow.pk)))
        case _:
            return _with_graph(page, asked)


def _with_graph(page: Shown, asked: Asked) -> Shown:
    document = page.version.document
    view = View(name=page.workflow.name, look=look_of, layout=page.version.layout, scope=asked.scope)
    try:
        picture = read_graph(document, view)
    except NoSuchContainer:
        picture = read_graph(document, replace(view, scope=""))
    return replace(
        page,
        view="outline" if asked.view == "outline" else "",
        picture=picture,
        items=outline(picture),
        step=_step(document, asked.step),
    )


def _step(document: JsonObject, key: str) -> Step | None:
    """The node of that key (`each/draft` is inside a container), without what is drawn."""
    node: JsonObject = {"config": {"body": document}}
    for part in key.split("/"):
        body = (node.get("config") or {}).get("body") or {}
        node = (body.get("nodes") or {}).get(part) or {}
    if not node:
        return None
    look = look_of(node)
    return Step(
        key=key,
        name=str(node.get("title") or key),
        type=look.title,
        icon=look.icon,
        settings=tuple(_settings(node)),
        gate=node.get("gate") or {},
    )


def _settings(node: JsonObject) -> Iterator[Setting]:
    """All but what is drawn inside it."""
    kind = registry.node_types().get(str(node.get("type")))
    fields = kind.config.model_fields if kind else {}
    for name, value in (node.get("config") or {}).items():
        title = fields[name].title if name in fields else None
        is_words = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if name != BODY:
            yield Setting(
                label=title or name.replace("_", " ").capitalize(),
                value=", ".join(value) if is_words else value,
                is_tree=isinstance(value, Mapping | list) and not is_words,
            )
