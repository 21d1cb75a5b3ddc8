"""The form that starts a run: made from the input schema of a version, filled by a sample, with files that stay chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from builder.portable import file_places, with_references
from builder.portable_errors import WrongPath
from builder.portable_folder import beside
from builder.templates import GALLERY
from orchestrator.contract.json_schema import problems_of
from orchestrator.engine.values import Json, JsonObject
from orchestrator.inputs import PREFIX, upload_id
from orchestrator.models import Version
from orchestrator.operations import files
from orchestrator.operations.files import FileEmpty, FileTooLarge
from orchestrator.queries.files import names_of
from orchestrator.queries.runs import MICRO
from teams.callers import Caller
from ui.schema_forms import SchemaForm
from ui.schema_forms.names import KEPT

NOTHING: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}
LARGEST_MONEY, LARGEST_COUNT = 1_000_000, 10**12


class BudgetForm(forms.Form):
    """The most that this run may use. It only narrows what the version allows."""

    prefix = "budget"
    money = forms.DecimalField(
        label=gettext_lazy("Money, in dollars"), required=False, min_value=0, max_value=LARGEST_MONEY, decimal_places=4
    )
    tokens = forms.IntegerField(label=gettext_lazy("Tokens"), required=False, min_value=0, max_value=LARGEST_COUNT)
    calls = forms.IntegerField(
        label=gettext_lazy("Calls of models and tools"), required=False, min_value=0, max_value=LARGEST_COUNT
    )

    def units(self) -> dict[str, int]:
        """By unit as the product stores them."""
        given = {unit: self.cleaned_data[unit] for unit in ("tokens", "calls", "money")}
        return {
            unit: round(most * MICRO) if unit == "money" else most for unit, most in given.items() if most is not None
        }


@dataclass(frozen=True, kw_only=True)
class StartForm:
    """Input and budget. `unavailable`: the sample names files that did not come with the workflow."""

    version: Version
    input: SchemaForm
    budget: BudgetForm
    sample: int | None = None
    unavailable: bool = False
    lost: Mapping[str, str]
    """By field why an upload was not kept."""

    @property
    def samples(self) -> Sequence[str]:
        return [str(sample["name"]) for sample in self.version.samples]

    @property
    def own_budget(self) -> Mapping[str, Json]:
        """What the version allows: dollars, tokens, calls."""
        found = self.version.document.get("budget") or {}
        return {**found, "money": found["money"] / MICRO} if found.get("money") is not None else found

    @cached_property
    def is_valid(self) -> bool:
        is_input_valid, is_budget_valid = self.input.is_valid(), self.budget.is_valid()
        for name, text in self.lost.items():
            self.input.add_error(name if name in self.input.fields else None, text)
        return is_input_valid and is_budget_valid and not self.lost

    def refuse(self, problems: Sequence[str]) -> None:
        """What the start itself did not take."""
        for problem in problems:
            self.input.add_error(None, problem)


def empty_form(version: Version, *, sample: int | None) -> StartForm:
    """The form as it comes: with the schema's defaults, or with the values of a sample."""
    schema = _schema(version)
    chosen = version.samples[sample] if sample is not None and sample < len(version.samples) else None
    value = _available(schema, chosen.get("inputs") or {}) if chosen else None
    return StartForm(
        version=version,
        input=SchemaForm(schema, problems=problems_of, value=value),
        budget=BudgetForm(),
        sample=sample if chosen else None,
        unavailable=chosen is not None and value != (chosen.get("inputs") or {}),
        lost={},
    )


def posted_form(version: Version, *, by: Caller, data: Any, uploads: Any) -> StartForm:
    """What was sent. Files are kept as uploads at once, so that an error elsewhere does not lose them."""
    given, lost = data.copy(), dict[str, str]()
    for name, found in uploads.lists():
        references = [reference for one in found if (reference := _kept(by, name, one, lost))]
        if references:
            given[name + KEPT] = " ".join(references)
    return StartForm(
        version=version,
        input=SchemaForm(_schema(version), problems=problems_of, data=given, names=_names(by, given)),
        budget=BudgetForm(given),
        lost=lost,
    )


def input_of(form: StartForm, *, by: Caller) -> Json:
    """The input of a valid form; sample files of the gallery become uploads of the team."""
    schema, value = form.version.document.get("inputs") or {}, form.input.value()
    named = {path for _place, path in file_places(schema, value) if isinstance(path, str) and not upload_id(path)}
    allowed = named & _sample_files(form.version)
    return with_references(schema, value, references={path: _uploaded(by, path) for path in allowed})


def _schema(version: Version) -> JsonObject:
    """What the form asks for; nothing where the workflow names no input."""
    schema: JsonObject = version.document.get("inputs") or {}
    return schema if schema.keys() - {"type", "title", "description"} else NOTHING


def _kept(by: Caller, name: str, file: "UploadedFile[Any]", lost: dict[str, str]) -> str:
    try:
        return f"{PREFIX}{files.upload(by=by, name=file.name or '', content=file.read()).pk}"
    except (FileEmpty, FileTooLarge) as error:
        lost[name] = _("%(file)s: %(why)s") % {"file": file.name, "why": error}
        return ""


def _names(by: Caller, given: Any) -> Mapping[str, str]:
    """What the uploads are called that the form holds."""
    kept = [reference for name in given if name.endswith(KEPT) for reference in given[name].split()]
    return names_of(team=by.team_id, references=kept)


def _uploaded(by: Caller, path: str) -> str:
    found = beside(path, base=GALLERY)
    return f"{PREFIX}{files.upload(by=by, name=found.name, content=found.read_bytes()).pk}"


def _sample_files(version: Version) -> set[str]:
    """The files of the version's samples that came with the product."""
    schema = version.document.get("inputs") or {}
    named = [path for sample in version.samples for _place, path in file_places(schema, sample.get("inputs") or {})]
    return {path for path in named if _is_there(path)}


def _is_there(path: Json) -> bool:
    try:
        return isinstance(path, str) and " " not in path and beside(path, base=GALLERY).is_file()
    except WrongPath:
        return False


def _available(schema: Json, value: Json) -> Json:
    """The input without files that are not there."""
    if isinstance(value, Mapping):
        properties: JsonObject = schema.get("properties") or {} if isinstance(schema, Mapping) else {}
        parts = {name: _available(properties.get(name), part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not None or value[name] is None}
    if isinstance(value, list):
        items = schema.get("items") if isinstance(schema, Mapping) else None
        return [part for one in value if (part := _available(items, one)) is not None or one is None]
    if isinstance(schema, Mapping) and schema.get("format") == "file" and not _is_there(value):
        return None
    return value
