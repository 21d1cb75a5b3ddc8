"""Which models and connections a workflow names, read from its document; and so which workflows use a connection."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from orchestrator import registry
from orchestrator.engine.values import Json
from orchestrator.models import Version, Workflow
from orchestrator.queries.routes import NoSuchModel, choose
from teams.models import Connection

MOST = 500
"""Workflows that are looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the newest version of a workflow names: models or aliases, and connections by their names."""

    slug: str
    name: str
    models: frozenset[str]
    connections: frozenset[str]


def needs_of_team(*, team: int) -> list[Needs]:
    """Of every workflow that is not put away, by name."""
    newest = Version.objects.of(team).filter(workflow=OuterRef("pk")).order_by("-number").values("pk")[:1]
    shown = Workflow.objects.of(team).filter(is_hidden=False, archived_at=None, deleted_at=None)
    versions = shown.order_by("name")[:MOST].values_list(Subquery(newest), flat=True)
    rows = Version.objects.of(team).filter(pk__in=[pk for pk in versions if pk]).select_related("workflow")
    found = [_needs(row) for row in rows.only("document", "workflow__slug", "workflow__name")]
    return sorted(found, key=lambda one: one.name.lower())


def users_of(needs: Iterable[Needs], connections: list[Connection]) -> Mapping[int, tuple[Needs, ...]]:
    """By connection, the workflows that would not run alike without it. 0 is the demo model. `connections` in their order."""
    by_name = {row.name: row.pk for row in connections}
    found: dict[int, list[Needs]] = {}
    for one in needs:
        named = {by_name[name] for name in one.connections if name in by_name}
        for pk in named | set(_answering(one.models, connections)):
            found.setdefault(pk, []).append(one)
    return {pk: tuple(users) for pk, users in found.items()}


def _answering(models: Iterable[str], connections: list[Connection]) -> Iterator[int]:
    for model in models:
        try:
            yield choose(connections, model=model).connection
        except NoSuchModel:
            continue


def _needs(version: Version) -> Needs:
    nodes = list(_nodes(version.document))
    return Needs(
        slug=version.workflow.slug,
        name=version.workflow.name,
        models=frozenset(name for node in nodes for name in _models(node)),
        connections=frozenset(name for node in nodes for name in _connections(node)),
    )


def _nodes(value: Json) -> Iterator[Mapping[str, Json]]:
    """Every node, those of inner graphs too."""
    if isinstance(value, Mapping):
        if isinstance(value.get("type"), str) and value["type"] in registry.node_types():
            yield value
        for part in value.values():
            yield from _nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _nodes(part)


def _models(node: Mapping[str, Json]) -> Iterator[str]:
    """A router without a text goes by conditions and asks no model."""
    known = registry.node_types()[node["type"]].config.model_fields.get("model")
    config = node.get("config") or {}
    asks = node["type"] != "router" or (isinstance(config, Mapping) and config.get("text"))
    if known is not None and isinstance(config, Mapping) and asks:
        yield str(config.get("model") or known.default)


def _connections(node: Mapping[str, Json]) -> Iterator[str]:
    config = node.get("config")
    arguments = config.get("arguments") if isinstance(config, Mapping) else None
    if isinstance(arguments, Mapping) and isinstance(arguments.get("connection"), str):
        yield arguments["connection"]
