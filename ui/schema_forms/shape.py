"""What a JSON Schema asks a person for: a tree of groups, lists and single fields. Pure.

What has no form of its own (alternatives, free objects, recursion) is one field of JSON text, so every schema can be filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = Any  # ends at this file's border: whatever json.loads gives
Schema = Mapping[str, Json]
DEEPEST = 6
SHORT = 200
"""A text of at most so many characters has one line."""
_LINES = {"multiline", "textarea", "markdown", "html"}


class Kind(StrEnum):
    """How a part is asked for."""

    text = "text"
    lines = "lines"
    secret = "secret"  # noqa: S105  # a word, no password
    number = "number"
    integer = "integer"
    boolean = "boolean"
    choice = "choice"
    choices = "choices"
    file = "file"
    files = "files"
    constant = "constant"
    json = "json"
    group = "group"
    rows = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One part. `parts` of a group are its properties, of rows the one shape of every row."""

    kind: Kind
    schema: Schema
    name: str = ""
    title: str = ""
    help: str = ""
    is_required: bool = False
    is_nullable: bool = False
    parts: tuple["Shape", ...] = ()
    choices: tuple[tuple[str, Json], ...] = field(default=())

    @property
    def has_parts(self) -> bool:
        """Whether it is made of others."""
        return self.kind in (Kind.group, Kind.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    root: Schema
    depth: int = 0
    name: str = ""
    is_required: bool = True


def shape_of(schema: Schema) -> Shape:
    """The tree for a schema. Never fails: the schema was checked when it was stored."""
    return _shape(schema, _Place(root=schema))


def _shape(given: Json, place: _Place) -> Shape:
    schema, is_nullable = _plain(_resolved(given, place.root), place.root)
    kind = _kind(schema, place.depth, place.root)
    return Shape(
        kind=kind,
        schema=schema,
        name=place.name,
        title=str(schema.get("title") or _words(place.name)),
        help=str(schema.get("description") or ""),
        is_required=place.is_required,
        is_nullable=is_nullable,
        parts=_parts(kind, schema, place),
        choices=_choices(kind, schema),
    )


def _parts(kind: Kind, schema: Schema, place: _Place) -> tuple[Shape, ...]:
    if kind is Kind.group:
        needed = schema.get("required") or ()
        return tuple(
            _shape(part, _Place(root=place.root, depth=place.depth + 1, name=str(name), is_required=name in needed))
            for name, part in schema["properties"].items()
        )
    if kind is Kind.rows:
        return (_shape(schema["items"], _Place(root=place.root, depth=place.depth + 1)),)
    return ()


def _resolved(schema: Json, root: Schema) -> Schema:
    """The schema behind a `$ref` into the same document, with what stands beside the reference."""
    for _ in range(DEEPEST):
        if not isinstance(schema, Mapping) or not isinstance(schema.get("$ref"), str):
            break
        target: Json = root
        for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            target = target.get(key, {}) if isinstance(target, Mapping) and key else target
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**target, **beside} if isinstance(target, Mapping) else beside
    return schema if isinstance(schema, Mapping) else {}


def _plain(schema: Schema, root: Schema) -> tuple[Schema, bool]:
    """Without the null of `type: [string, null]` and `anyOf: [..., {type: null}]`, and whether there was one."""
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        rest = [kind for kind in kinds if kind != "null"]
        return {**schema, "type": rest[0] if len(rest) == 1 else rest}, True
    for word in ("anyOf", "oneOf"):
        options = schema.get(word)
        if isinstance(options, list) and {"type": "null"} in options and len(options) == 2:
            other = next(option for option in options if option != {"type": "null"})
            beside = {key: value for key, value in schema.items() if key != word}
            return {**_resolved(other, root), **beside}, True
    return schema, False


def _kind(schema: Schema, depth: int, root: Schema) -> Kind:
    if "const" in schema:
        return Kind.constant
    if isinstance(schema.get("enum"), list) or _titled(schema):
        return Kind.choice
    if any(word in schema for word in ("anyOf", "oneOf", "allOf", "if", "not")):
        return Kind.json
    kind = schema.get("type")
    simple = {"number": Kind.number, "integer": Kind.integer, "boolean": Kind.boolean}
    if kind in simple:
        return simple[str(kind)]
    if kind == "string":
        return _text_kind(schema)
    if kind == "array":
        return _list_kind(schema, depth, root)
    parts = schema.get("properties")
    is_known = isinstance(parts, Mapping) and (parts or schema.get("additionalProperties") is False)
    return Kind.group if is_known and kind in ("object", None) and depth < DEEPEST else Kind.json


def _text_kind(schema: Schema) -> Kind:
    form, longest = schema.get("format"), schema.get("maxLength")
    if is_file(schema):
        return Kind.file
    if form == "password" or schema.get("writeOnly"):
        return Kind.secret
    if form in _LINES:
        return Kind.lines
    is_short = isinstance(longest, int) and longest <= SHORT
    return Kind.text if is_short or form or "pattern" in schema else Kind.lines


def _list_kind(schema: Schema, depth: int, root: Schema) -> Kind:
    items = _resolved(schema.get("items"), root)
    if not items or depth >= DEEPEST:
        return Kind.json
    if is_file(items):
        return Kind.files
    return Kind.choices if isinstance(items.get("enum"), list) and schema.get("uniqueItems") else Kind.rows


def is_file(schema: Schema) -> bool:
    """Whether a string stands for an uploaded file."""
    return schema.get("format") == "file" or ("contentMediaType" in schema and "contentEncoding" in schema)


def _choices(kind: Kind, schema: Schema) -> tuple[tuple[str, Json], ...]:
    if kind is Kind.choices:
        return tuple((_label(value), value) for value in schema["items"].get("enum", ()))
    if kind is not Kind.choice:
        return ()
    return _titled(schema) or tuple((_label(value), value) for value in schema["enum"] if value is not None)


def _titled(schema: Schema) -> tuple[tuple[str, Json], ...]:
    """The choices of `oneOf: [{const: ..., title: ...}]`."""
    options = schema.get("oneOf")
    if not isinstance(options, list) or not all(isinstance(one, Mapping) and "const" in one for one in options):
        return ()
    return tuple((str(one.get("title") or _label(one["const"])), one["const"]) for one in options)


def _label(value: Json) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _words(name: str) -> str:
    """`order_number` as `Order number`."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
