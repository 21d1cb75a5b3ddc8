"""The documentation page of the REST API: its description as plain HTML. No script, so the strict policy holds for it too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.api import api
from config.openapi import PREFIX
from orchestrator.engine.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A parameter, or a member of a body or an answer."""

    name: str
    kind: str
    text: str
    is_required: bool
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A body or an answer: its name, what it is, its members."""

    name: str
    text: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation."""

    method: str
    path: str
    anchor: str
    text: str
    actions: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: str
    answer: str
    status: str


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """Every route, by what it is about, and the shapes that they take and give."""
    found: Any = api.get_openapi_schema(path_prefix=PREFIX)
    groups: dict[str, list[Route]] = {}
    for path, methods in found["paths"].items():
        for method, described in methods.items():
            groups.setdefault(described["tags"][0], []).append(_route(path, method, described))
    shapes = [_shape(name, schema) for name, schema in sorted(found["components"]["schemas"].items())]
    names = {shape.name for shape in shapes}
    context = {"description": found["info"]["description"], "groups": groups, "shapes": shapes, "names": names}
    return render(request, "config/api.html", context)


def _route(path: str, method: str, described: JsonObject) -> Route:
    status, answer = next(iter(described["responses"].items()))
    return Route(
        method=method.upper(),
        path=path,
        anchor=described["operationId"],
        text=described.get("description", ""),
        actions=tuple(described["x-actions"]),
        parameters=tuple(_parameters(described)),
        body=_content(described.get("requestBody") or {}),
        answer=_content(answer),
        status=status,
    )


def _parameters(described: JsonObject) -> Iterator[Field]:
    for one in described.get("parameters") or ():
        kind, text = _kind(one["schema"]), one["schema"].get("description", "")
        yield Field(name=one["name"], kind=kind, text=text, is_required=one["required"], place=one["in"])


def _content(described: JsonObject) -> str:
    """What a body or an answer is: the name of its shape, or its media types."""
    found = described.get("content") or {}
    names = [_kind(one["schema"]) for one in found.values() if "$ref" in (one.get("schema") or {})]
    return names[0] if names else ", ".join(found)


def _shape(name: str, schema: JsonObject) -> Shape:
    required = set(schema.get("required") or ())
    fields = [
        Field(name=key, kind=_kind(part), text=part.get("description", ""), is_required=key in required)
        for key, part in (schema.get("properties") or {}).items()
    ]
    values = ", ".join(map(str, schema.get("enum") or ()))
    return Shape(
        name=name, text=schema.get("description", "") + (f" One of {values}." if values else ""), fields=tuple(fields)
    )


def _kind(schema: Json) -> str:
    """A type in a word or two."""
    if not isinstance(schema, Mapping):
        return "anything"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items'))}"
    return str(schema.get("format") or schema.get("type") or "anything")
