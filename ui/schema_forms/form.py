"""The form itself: fields for every place, and the way back from what was posted to JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ui.schema_forms.controls import chosen, control, shown
from ui.schema_forms.names import DO, KEPT, ROWS, child, rearranged, rows
from ui.schema_forms.shape import Kind, Shape, shape_of

Json = Any  # ends at this file's border: whatever json.loads gives
Problems = Callable[[Json, Any], Sequence[str]]
_FILES = (Kind.file, Kind.files)
_NEW_FILE = "file:00000000-0000-0000-0000-000000000000"


class _Missing:
    """What stands for a part that was left out."""


MISSING = _Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One part as a template draws it: a field, or a group or list with the nodes below."""

    shape: Shape
    name: str
    form: "SchemaForm"
    is_needed: bool
    children: tuple["Node", ...] = ()

    @property
    def kind(self) -> str:
        """`group`, `rows`, `constant` or `field`."""
        return self.shape.kind if self.shape.has_parts or self.shape.kind is Kind.constant else "field"

    @property
    def bound(self) -> forms.BoundField:
        """The field; of rows the hidden one that counts them."""
        return self.form[self.name + ROWS if self.shape.kind is Kind.rows else self.name]

    @property
    def kept(self) -> forms.BoundField | None:
        """The hidden field that names the files which are there already."""
        return self.form[self.name + KEPT] if self.shape.kind in _FILES else None

    @property
    def kept_names(self) -> list[str]:
        """What the files which are there already are called; of an unknown one the last part of what stands for it."""
        kept = str(self.kept.value() or "").split() if self.kept else []
        return [self.form.names.get(one) or one.rpartition("/")[2].rpartition(":")[2] for one in kept]

    @property
    def button(self) -> str:
        """The name of the buttons that add and drop rows."""
        return self.form.button

    @property
    def numbered(self) -> Iterator[tuple[int, "Node"]]:
        """Rows with their numbers from 1, and 0-based ones for the buttons."""
        return iter(enumerate(self.children))


class SchemaForm(forms.Form):
    """See the package's docstring."""

    template_name = "components/schema_form.html"

    def __init__(
        self,
        schema: Mapping[str, Json],
        *,
        problems: Problems,
        data: Any = None,
        files: Any = None,
        value: Json = None,
        prefix: str = "input",
        names: Mapping[str, str] | None = None,
    ) -> None:
        posted = None if data is None else {name: data.getlist(name) for name in data}
        changed = None if posted is None else rearranged(posted, prefix=prefix)
        self.is_rearranged = changed is not None
        self.button = prefix + DO
        self.names = names or {}
        self._schema, self._problems = schema, problems
        self._posted = changed or posted
        self._places: dict[str, str] = {}
        self._value: Json = MISSING
        super().__init__(data=None if self._posted is None else MultiValueDict(self._posted), files=files)
        self.root = self._node(shape_of(schema), prefix, MISSING if value is None else value, is_needed=True)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What a template draws: the parts of the outermost object, or the one part."""
        return self.root.children if self.root.shape.kind is Kind.group else (self.root,)

    def value(self, *, store: Callable[["UploadedFile[Any]"], Json] | None = None) -> Json:
        """The JSON value of a valid form; `store` gives what stands for an uploaded file."""
        return _stored(self._value, store or (lambda _file: _NEW_FILE))

    def full_clean(self) -> None:
        """Adding or dropping a row is no attempt to send the form, so it finds no errors."""
        if not self.is_rearranged:
            super().full_clean()
            return
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def is_valid(self) -> bool:
        return not self.is_rearranged and super().is_valid()

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            value, _touched = self._read(self.root, "")
            self._value = {} if isinstance(value, _Missing) else value
        if not self.errors:
            for problem in self._problems(_stored(self._value, lambda _file: _NEW_FILE), self._schema):
                self._put(problem)
        return self.cleaned_data

    # --- From schema and value to fields

    def _node(self, shape: Shape, name: str, given: Json, *, is_needed: bool) -> Node:
        start = shape.schema.get("default", MISSING) if isinstance(given, _Missing) else given
        children: tuple[Node, ...] = ()
        if shape.kind is Kind.group:
            children = self._group(shape, name, start, is_needed=is_needed)
        elif shape.kind is Kind.rows:
            children = self._rows(shape, name, start, is_needed=is_needed)
        elif shape.kind is not Kind.constant:
            self._add_field(shape, name, None if isinstance(start, _Missing) else start, is_needed=is_needed)
        return Node(shape=shape, name=name, form=self, is_needed=is_needed, children=children)

    def _group(self, shape: Shape, name: str, start: Json, *, is_needed: bool) -> tuple[Node, ...]:
        given = start if isinstance(start, Mapping) else {}
        return tuple(
            self._node(
                part,
                child(name, part.name),
                given.get(part.name, MISSING),
                is_needed=is_needed and part.is_required,
            )
            for part in shape.parts
        )

    def _rows(self, shape: Shape, name: str, start: Json, *, is_needed: bool) -> tuple[Node, ...]:
        given = start if isinstance(start, list) else []
        fewest = max(int(shape.schema.get("minItems") or 0), 1 if is_needed else 0)
        count = rows(self._posted, name) if self._posted is not None else max(len(given), fewest)
        self.fields[name + ROWS] = forms.IntegerField(
            label=shape.title, help_text=shape.help, initial=count, required=False, widget=forms.HiddenInput
        )
        return tuple(
            self._node(
                _row_shape(shape, number),
                child(name, number),
                given[number] if number < len(given) else MISSING,
                is_needed=False,
            )
            for number in range(count)
        )

    def _add_field(self, shape: Shape, name: str, start: Json, *, is_needed: bool) -> None:
        kept = ""
        if shape.kind in _FILES:
            kept = " ".join(start) if isinstance(start, list) else str(start or "")
            self.fields[name + KEPT] = forms.CharField(required=False, initial=kept, widget=forms.HiddenInput)
            kept = " ".join(self._posted.get(name + KEPT, ())) if self._posted is not None else kept
        may_be_empty = start == "" or shape.is_nullable or bool(kept)
        field = control(shape, is_needed=is_needed and not may_be_empty)
        if start is not None and shape.kind not in _FILES:
            field.initial = shown(shape, start)
        field.is_asked = shape.is_required  # type: ignore[attr-defined]  # `{% field %}` says "optional" where it is not
        self.fields[name] = field

    # --- From fields to the value: each part with whether a person put anything there

    def _read(self, node: Node, place: str) -> tuple[Json, bool]:
        self._places[place] = node.name + ROWS if node.shape.kind is Kind.rows else node.name
        if node.shape.kind is Kind.group:
            return self._read_group(node, place)
        if node.shape.kind is Kind.rows:
            return self._read_rows(node, place)
        if node.shape.kind is Kind.constant:
            return node.shape.schema["const"], False
        return self._read_field(node)

    def _read_group(self, node: Node, place: str) -> tuple[Json, bool]:
        read = [(part, *self._read(part, _below(place, part.shape.name))) for part in node.children]
        is_touched = any(touched for _part, _value, touched in read)
        if not is_touched and not node.is_needed:
            return (None if node.shape.is_nullable and node.shape.is_required else MISSING), False
        for part, value, _touched in read:
            if isinstance(value, _Missing) and part.shape.is_required:
                self.add_error(_first(part).bound.name, _("This field is required."))
        return {part.shape.name: value for part, value, _t in read if not isinstance(value, _Missing)}, is_touched

    def _read_rows(self, node: Node, place: str) -> tuple[Json, bool]:
        values: list[Json] = []
        for part in node.children:
            value, is_touched = self._read(part, _below(place, len(values)))
            if is_touched or (part.shape.kind is Kind.boolean):
                values.append(value)
        fewest = int(node.shape.schema.get("minItems") or 0)
        if len(values) < fewest and (values or node.is_needed):
            said = ngettext("Fill in at least %(count)d entry.", "Fill in at least %(count)d entries.", fewest)
            self.add_error(node.bound.name, said % {"count": fewest})
        is_kept = node.is_needed or node.shape.is_required or "default" in node.shape.schema
        return (values if values or is_kept else MISSING), bool(values)

    def _read_field(self, node: Node) -> tuple[Json, bool]:
        shape, cleaned = node.shape, self.cleaned_data.get(node.name)
        if shape.kind in _FILES:
            return self._read_files(node, cleaned)
        if shape.kind is Kind.boolean:
            return bool(cleaned), bool(cleaned)
        value = chosen(shape, cleaned)
        return (_empty(node), False) if value is None else (value, True)

    def _read_files(self, node: Node, cleaned: Json) -> tuple[Json, bool]:
        kept = str(self.cleaned_data.get(node.name + KEPT) or "").split()
        if node.shape.kind is Kind.file:
            value = cleaned or (kept[0] if kept else MISSING)
            return value, not isinstance(value, _Missing)
        values = list(cleaned or kept)
        return (values if values or node.shape.is_required else MISSING), bool(values)

    def _put(self, problem: str) -> None:
        """Put `orders/0/note: is too long` at its field; what has no field of its own goes to the nearest around it."""
        place, _colon, said = problem.partition(": ")
        while place and place not in self._places:
            place = place.rpartition("/")[0]
        name = self._places.get(place, "")
        self.add_error(name if place and name in self.fields else None, said if place else problem)


def _row_shape(shape: Shape, number: int) -> Shape:
    """The shape of a row; one without a title is called after its list."""
    row = shape.parts[0]
    return row if row.title else replace(row, title=f"{shape.title} {number + 1}")


def _first(node: Node) -> Node:
    """The first part that has a field."""
    return _first(node.children[0]) if node.shape.kind is Kind.group else node


def _below(place: str, part: object) -> str:
    return f"{place}/{part}" if place else str(part)


def _empty(node: Node) -> Json:
    """What an empty field means."""
    shape = node.shape
    if shape.is_nullable and shape.is_required:
        return None
    is_text = shape.kind in (Kind.text, Kind.lines)
    field = node.form.fields[node.name]
    return "" if is_text and ("default" in shape.schema or field.initial == "") else MISSING


def _stored(value: Json, store: Callable[["UploadedFile[Any]"], Json]) -> Json:
    if isinstance(value, UploadedFile):
        return store(value)
    if isinstance(value, Mapping):
        return {key: _stored(part, store) for key, part in value.items()}
    return [_stored(part, store) for part in value] if isinstance(value, list) else value
