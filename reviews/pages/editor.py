"""How a person changes what a review is about: a text, or a form made from its JSON Schema.

What is posted is compared with what an untouched form would have posted, so that approving without a change is never taken for
an edit, whatever a browser does to line ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from orchestrator.contract.json_schema import WrongSchema, problems_of
from orchestrator.contract.questions import Kind, PersonQuestion
from orchestrator.engine.templating import as_text
from orchestrator.engine.values import Json, JsonObject
from reviews import verdicts
from ui.schema_forms import SchemaForm

PREFIX = "value"
ANSWER: JsonObject = {
    "type": "object",
    "required": ["answer"],
    "properties": {"answer": {"type": "string", "title": "Answer"}},
}
Store = Callable[["UploadedFile[Any]"], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of the value is edited: all of it, its text, or the data of which its text is made."""

    name: str
    value: Json
    schema: JsonObject

    @property
    def is_text(self) -> bool:
        return self.name == "text" or self.schema.get("type") == "string"


class Editor:
    """Of one review. `given` is what it begins with in place of the original: what was typed before an undo."""

    def __init__(self, *, original: Json, schema: JsonObject, given: Json = None, data: Any = None, files: Any = None):
        self.original = original
        self.part = part_of(original, schema)
        begin = self.part.value if given is None else part_of(given, schema, name=self.part.name).value
        self.form = SchemaForm(self.part.schema, problems=_problems, data=data, files=files, value=begin, prefix=PREFIX)
        is_typed = data is not None and not self.is_untouched()
        self.begins_edited = is_typed or (given is not None and given != original)

    @property
    def is_rearranged(self) -> bool:
        """Whether a button of a list was pressed."""
        return self.form.is_rearranged

    def is_valid(self) -> bool:
        return self.form.is_valid()

    @property
    def is_filled(self) -> bool:
        """Whether anything was posted for it at all."""
        return bool(_sent(self.form.data))

    def is_untouched(self) -> bool:
        """Whether just that was posted which a browser sends of a form that nobody changed."""
        plain = SchemaForm(self.part.schema, problems=_none, value=self.part.value, prefix=PREFIX)
        return not self.form.files and _sent(self.form.data) == _sent(posted_by(plain))

    def is_edited(self) -> bool:
        """Whether a valid form holds another value than the original."""
        return bool(self._whole(self.form.value()) not in (self.original, self._whole(self._untouched())))

    def value(self, *, store: Store | None = None) -> Json:
        """The whole value of a valid form."""
        return self._whole(self.form.value(store=store))

    def _untouched(self) -> Json:
        """What the form gives where nobody changed anything."""
        plain = SchemaForm(self.part.schema, problems=_none, value=self.part.value, prefix=PREFIX)
        again = SchemaForm(
            self.part.schema, problems=_none, data=posted_by(plain), value=self.part.value, prefix=PREFIX
        )
        return again.value() if again.is_valid() else self.part.value

    def _whole(self, part: Json) -> Json:
        original = self.original
        if self.part.name == "text":
            return {**original, "text": part}
        if self.part.name == "data":
            return {**original, "data": part, "text": as_text(part)}
        named = self.part.schema.get("properties")
        if isinstance(part, Mapping) and isinstance(original, Mapping) and isinstance(named, Mapping):
            return {**{key: value for key, value in original.items() if key not in named}, **part}
        return part


def editor_of(question: PersonQuestion, *, skip_schema: JsonObject | None = None, **more: Any) -> Editor:
    """The editor for what is asked. An incident's is for the output with which its step is skipped."""
    match question.kind:
        case Kind.BUDGET:
            return Editor(original=None, schema=question.schema or {}, **more)
        case Kind.INCIDENT:
            return Editor(original=None, schema=skip_schema or ANSWER, **more)
        case Kind.INPUT:
            schema = question.schema or ANSWER
            return Editor(original=_prefilled(question.subject, schema), schema=schema, **more)
        case _:
            return Editor(original=verdicts.editable(question), schema=question.schema or {}, **more)


def part_of(value: Json, schema: JsonObject, *, name: str = "") -> Part:
    """What people edit of a value: of an output with a text alone that text, of one with data the data. `name` says which."""
    properties = schema.get("properties") or {}
    if isinstance(value, Mapping) and name in ("", "text") and set(value) == {"text"} and _is_text(value["text"]):
        return Part(name="text", value=value["text"], schema={"type": "string", "title": "Text"})
    is_made = isinstance(value, Mapping) and set(value) == {"text", "data"} and value["text"] == as_text(value["data"])
    if is_made and name in ("", "data"):
        found = properties.get("data")
        return Part(name="data", value=value["data"], schema=found if isinstance(found, Mapping) else {})
    if isinstance(value, str) and schema.get("type") in (None, "string") and "enum" not in schema:
        return Part(name="", value=value, schema={"title": "Text", **schema, "type": "string"})
    return Part(name="", value=value, schema=schema)


def posted_by(form: SchemaForm) -> QueryDict:
    """What a browser would post of a form that nobody touched."""
    data = QueryDict(mutable=True)
    for bound in form:
        value = bound.value()
        if isinstance(value, list):
            data.setlist(bound.html_name, [str(one) for one in value])
        elif value is True:
            data[bound.html_name] = "on"
        elif value not in (None, False) or (value == 0 and value is not False):
            data[bound.html_name] = str(value)
    return data


def _sent(data: Any) -> dict[str, list[str]]:
    """What says anything, with line ends as JSON has them."""
    found = {name: [text.replace("\r\n", "\n") for text in data.getlist(name)] for name in data}
    return {name: texts for name, texts in found.items() if name.startswith(PREFIX) and any(texts)}


def _prefilled(subject: Json, schema: JsonObject) -> Json:
    """A form begins with what is looked at, where that has the form's fields: a model's answer to be corrected, say."""
    properties = schema.get("properties") or {}
    return subject if isinstance(subject, Mapping) and set(subject) & set(properties) else None


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _problems(value: Json, schema: JsonObject) -> list[str]:
    try:
        return problems_of(value, schema)
    except WrongSchema:
        return []  # the asker's schema is no use: a person's answer must not be lost for it


def _none(_value: Json, _schema: JsonObject) -> list[str]:
    return []
