"""One Django form field for each kind of single part: how its text becomes JSON, and how JSON becomes its text."""

import json
import math
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from ui.json_tree import pretty
from ui.schema_forms.shape import Kind, Shape

Json = Any  # ends at this file's border: whatever json.loads gives
LARGEST_JSON = 200_000
_INPUTS = {"email": "email", "uri": "url", "date": "date", "time": "time"}


class TextField(forms.CharField):
    """Text as it was typed; browsers send line ends as CR LF, JSON has LF."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class NumberField(forms.CharField):
    """`3` is an integer, `3.5` a float; neither is infinite."""

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").replace(",", ".").replace(" ", "")
        if not text:
            return None
        try:
            number = int(text) if text.lstrip("+-").isdecimal() and len(text) < 100 else float(text)
        except ValueError:
            raise ValidationError(_("Write a number, such as 3 or 2.5.")) from None
        if not math.isfinite(number):
            raise ValidationError(_("Write a number, such as 3 or 2.5."))
        return number


class JsonField(forms.CharField):
    """JSON text."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if not text:
            return None
        if len(text) > LARGEST_JSON:
            raise ValidationError(
                _("This is too long. Take at most %(most)s characters."), params={"most": LARGEST_JSON}
            )
        try:
            return json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_("This is no JSON: %(why)s."), params={"why": str(error)[:200]}) from None


class FilesInput(forms.FileInput):
    """A field that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        chosen = data if isinstance(data, Sequence) else [data] if data else []
        if self.required and not chosen:
            raise ValidationError(self.error_messages["required"], code="required")
        return [super(FilesField, self).clean(one, initial) for one in chosen]


def control(shape: Shape, *, is_needed: bool) -> forms.Field:
    """The field for a single part. `is_needed`: it may not stay empty."""
    schema = shape.schema
    common: dict[str, Any] = {"label": shape.title, "help_text": shape.help, "required": is_needed}
    match shape.kind:
        case Kind.integer | Kind.number:
            return _number(shape, common)
        case Kind.boolean:
            return forms.BooleanField(**{**common, "required": False})
        case Kind.choice:
            return _choice(shape, common)
        case Kind.choices:
            boxes = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(
                choices=[(key(v), text) for text, v in shape.choices], widget=boxes, **common
            )
        case Kind.file:
            return forms.FileField(widget=forms.FileInput(attrs=_accept(schema)), **common)
        case Kind.files:
            return FilesField(widget=FilesInput(attrs=_accept(schema.get("items", {}))), **common)
        case Kind.json:
            lines = forms.Textarea(attrs={"rows": 4, "class": "is-code", "spellcheck": "false"})
            return JsonField(widget=lines, **common)
        case _:
            return _text(shape, common)


def shown(shape: Shape, value: Json) -> Json:
    """What the field shows for a JSON value."""
    if value is None:
        return None
    if shape.kind is Kind.choice:
        return key(value)
    if shape.kind is Kind.choices:
        return [key(one) for one in value] if isinstance(value, list) else []
    if shape.kind is Kind.json:
        return pretty(value)
    return value if isinstance(value, str | bool | int | float) else pretty(value)


def chosen(shape: Shape, cleaned: Json) -> Json:
    """The JSON value for what the field gave; None where it stayed empty."""
    values = {key(value): value for _, value in shape.choices}
    if shape.kind is Kind.choice:
        return values.get(cleaned)
    if shape.kind is Kind.choices:
        return [values[one] for one in cleaned] or None
    return None if cleaned == "" else cleaned


def key(value: Json) -> str:
    """A choice's value as the form sends it."""
    return value if isinstance(value, str) else json.dumps(value)


def _text(shape: Shape, common: dict[str, Any]) -> forms.Field:
    schema = shape.schema
    limits: dict[str, Any] = {"min_length": schema.get("minLength"), "max_length": schema.get("maxLength")}
    if shape.kind is Kind.lines:
        is_long = (schema.get("maxLength") or 0) > 0 or schema.get("format")
        return TextField(widget=forms.Textarea(attrs={"rows": 4 if is_long else 2}), strip=False, **limits, **common)
    kind = "password" if shape.kind is Kind.secret else _INPUTS.get(str(schema.get("format")), "text")
    attributes = {"type": kind, **({"autocomplete": "new-password"} if kind == "password" else {})}
    default = str(schema.get("default") or "")
    means_blanks = default != default.strip()
    return TextField(widget=forms.TextInput(attrs=attributes), strip=not means_blanks, **limits, **common)


def _number(shape: Shape, common: dict[str, Any]) -> forms.Field:
    low, high = shape.schema.get("minimum"), shape.schema.get("maximum")
    is_whole = shape.kind is Kind.integer
    if is_whole:
        return forms.IntegerField(min_value=low, max_value=high, **common)
    box = forms.NumberInput(attrs={"step": "any", **{k: v for k, v in (("min", low), ("max", high)) if v is not None}})
    checks: list[Any] = [MinValueValidator(low)] if low is not None else []
    checks += [MaxValueValidator(high)] if high is not None else []
    field = NumberField(widget=box, **common)
    field.validators = checks
    return field


def _choice(shape: Shape, common: dict[str, Any]) -> forms.Field:
    listed = [(key(value), text) for text, value in shape.choices]
    is_open = not common["required"] or "default" not in shape.schema
    return forms.ChoiceField(choices=[("", _("Choose")), *listed] if is_open else listed, **common)


def _accept(schema: Json) -> dict[str, str]:
    kind = schema.get("contentMediaType")
    return {"accept": kind} if isinstance(kind, str) else {}


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON")
