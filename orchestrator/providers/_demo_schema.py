"""The demo model's structured answers: a value that fits a JSON Schema, found in the request, else empty."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import re2

from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers import _demo_extract as extract
from orchestrator.providers._demo_classify import choose_many, choose_one, options_of
from orchestrator.providers._demo_records import told
from orchestrator.providers._demo_request import Section, Task, records
from orchestrator.providers._demo_text import best, listed, overlap, sentences, shorten, stems, words
from orchestrator.providers._demo_verify import findings, is_check, item_for, pair_of
from orchestrator.providers._demo_write import body_sentences, title_for, write

DEEPEST = 12
DESCRIBED = re.compile(r"(?m)^[\s\-*•]*[\w \"'`]{1,40}\s*(?::|-\s).*$")
NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "without",
        "cannot",
        "can't",
        "don't",
        "doesn't",
        "isn't",
        "wasn't",
        "won't",
        "nothing",
    ]
)
TITLES = frozenset({"title", "headline", "subject", "heading", "name_of_document"})
WRITTEN = listed("reply answer draft text body email letter article response content output message")
REASONS = listed("reason explanation rationale justification comment note notes description details evidence finding")
KINDS = listed(
    "email mail url link website currency phone telephone id number reference date day name person author code iban"
)
SUMMARIES = frozenset({"summary", "abstract", "synopsis", "overview", "digest", "conclusion", "gist", "tldr"})


class Filler:
    """Fills one schema from one task."""

    def __init__(self, task: Task, root: JsonObject) -> None:
        self._task, self._root = task, root

    def value(self, schema: JsonObject, name: str = "", depth: int = 0) -> Json:
        """A value for the schema; None where nothing is found."""
        schema = self._resolved(schema)
        if depth > DEEPEST:
            return None
        if "const" in schema:
            return schema["const"]
        if "enum" in schema or _constants(schema):
            return self._choice(schema, name)
        alternatives = [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key) or ()]
        if alternatives:
            return self._first(alternatives, name, depth)
        return self._typed(schema, name, depth)

    def required(self, schema: JsonObject, name: str, depth: int) -> Json:
        """A value in any case: what is found, else the emptiest that fits."""
        found = self.value(schema, name, depth)
        return fitted(found, self._resolved(schema)) if found is not None else self.empty(schema, depth)

    def empty(self, schema: JsonObject, depth: int = 0) -> Json:
        schema = self._resolved(schema)
        types = _types(schema)
        if "default" in schema:
            return schema["default"]
        if "enum" in schema:
            return None if None in schema["enum"] else schema["enum"][0]
        for one in schema.get("anyOf") or schema.get("oneOf") or ():
            return self.empty(one, depth + 1) if "null" not in types else None
        if "null" in types or depth > DEEPEST:
            return None
        return self._empty_of(types[0] if types else "string", schema, depth)

    def _empty_of(self, kind: str, schema: JsonObject, depth: int) -> Json:
        if kind == "object":
            required = schema.get("required", ())
            return {
                name: self.required((schema.get("properties") or {}).get(name, {}), name, depth + 1)
                for name in required
            }
        if kind == "array":
            return [self.empty(schema.get("items") or {}, depth + 1)] * int(schema.get("minItems", 0))
        blank: Json = {"boolean": False, "integer": 0, "number": 0}.get(kind, _blank(schema))
        return fitted(blank, schema)

    def _typed(self, schema: JsonObject, name: str, depth: int) -> Json:
        types = _types(schema)
        if "object" in types or "properties" in schema:
            return self._object(schema, depth)
        if "array" in types:
            return self._array(schema, name, depth)
        if "integer" in types or "number" in types:
            return self._number(schema, name)
        if "boolean" in types:
            return self._truth(schema, name)
        return self._string(schema, name) if "string" in types or not types else None

    def _object(self, schema: JsonObject, depth: int) -> Json:
        pair = pair_of(schema) if is_check(self._task) else None
        checked = self._checked(schema, pair) if pair else {}
        required = schema.get("required", ())
        found: dict[str, Json] = dict(checked)
        for name, part in (schema.get("properties") or {}).items():
            if name in found:
                continue
            value = self.required(part, name, depth + 1) if name in required else self.value(part, name, depth + 1)
            if value is not None or name in required:
                found[name] = fitted(value, self._resolved(part))
        return found

    def _checked(self, schema: JsonObject, pair: tuple[str, str]) -> dict[str, Json]:
        parts = {name: self._resolved(schema["properties"][name]) for name in pair}
        lists: dict[str, list[Json]] = {name: [] for name in pair}
        for finding in findings(self._task):
            name = pair[0] if finding.is_supported else pair[1]
            lists[name].append(item_for(finding, self._resolved(parts[name].get("items") or {})))
        return {name: fitted(items, parts[name]) for name, items in lists.items()}

    def _array(self, schema: JsonObject, name: str, depth: int) -> Json:
        items = self._resolved(schema.get("items") or {})
        if "enum" in items or _constants(items):
            return self._choices(items, schema)
        kinds = _types(items)
        if "object" in kinds or "properties" in items:
            return self._rows(items, schema, name, depth)
        if "integer" in kinds or "number" in kinds:
            numbers = extract.numbers(self._task.text())
            return [int(number) for number in numbers if number.is_integer()] if "integer" in kinds else numbers
        return self._texts(schema, items, name)

    def _rows(self, items: JsonObject, schema: JsonObject, name: str, depth: int) -> Json:
        properties = items.get("properties") or {}
        if is_check(self._task) and any("boolean" in _types(part) for part in properties.values()):
            return [item_for(finding, items) for finding in findings(self._task)]
        given = [row for section in self._task.material() for row in records(section.data)]
        texts = [told(row) for row in given] or _tables(self._task) or body_sentences(self._task)[:200]
        limit = int(schema.get("maxItems", 8 if not given else 100))
        chosen = (
            texts
            if given
            else best(texts, limit, {*self._task.focus(), *stems(f"{name} {schema.get('description', '')}")})
        )
        rows = [
            self._row(text, given[place] if given else None, items, depth) for place, text in enumerate(chosen[:limit])
        ]
        return [row for row in rows if row]

    def _row(self, text: str, data: JsonObject | None, items: JsonObject, depth: int) -> Json:
        section = Section(label="", text=text, data=data)
        inner = Task(instruction=self._task.instruction, sections=(section,), results=(), errors=(), uses=())
        return Filler(inner, self._root).required(items, "", depth + 1)

    def _texts(self, schema: JsonObject, items: JsonObject, name: str) -> Json:
        if items.get("format"):
            return extract_all(self._task.text(), str(items["format"]))
        labelled = extract.labelled_value(self._task, name)
        if isinstance(labelled, str) and "," in labelled and len(labelled) < 300:
            return [part.strip() for part in re.split(r", | and ", labelled) if part.strip()]
        if re.search(
            r"\b(?:names?|people|persons?|compan\w+|organi[sz]ations?|participants?|authors?)\b", name.replace("_", " ")
        ):
            return extract.names(self._task.text())[:20]
        focus = {*self._task.focus(), *stems(f"{name.replace('_', ' ')} {schema.get('description', '')}")}
        count = int(schema.get("maxItems", max(5, schema.get("minItems", 0))))
        return best(body_sentences(self._task), min(count, 10), focus)

    def _choices(self, items: JsonObject, schema: JsonObject) -> Json:
        options = options_of(items, f"{schema.get('description', '')}\n{self._said()}")
        return choose_many(options, self._text_to_judge())

    def _choice(self, schema: JsonObject, name: str) -> Json:
        labelled = extract.labelled_value(self._task, name) if name else None
        options = options_of(schema, self._said())
        exact = [option.value for option in options if str(option.value).lower() == str(labelled).strip().lower()]
        return exact[0] if exact else choose_one(options, self._text_to_judge())

    def _number(self, schema: JsonObject, name: str) -> Json:
        found = extract.number_for(self._task, name, str(schema.get("description", "")))
        if found is None:
            return None
        return int(found) if "integer" in _types(schema) or found.is_integer() else found

    def _truth(self, schema: JsonObject, name: str) -> Json:
        """True where a sentence has the words of the name without a negation."""
        labelled = extract.labelled_value(self._task, name)
        if isinstance(labelled, bool):
            return labelled
        if str(labelled).lower() in ("yes", "true", "no", "false"):
            return str(labelled).lower() in ("yes", "true")
        wanted = stems(re.sub(r"^(?:is|has|needs|was)_", "", name).replace("_", " ")) or stems(
            str(schema.get("description", ""))
        )
        fitting = [one for one in sentences(self._task.text()) if overlap(wanted, stems(one)) >= 0.5]
        return bool(fitting) and not NEGATIONS & set(words(fitting[0]))

    def _string(self, schema: JsonObject, name: str) -> Json:
        task, described = self._task, str(schema.get("description", ""))
        if schema.get("format"):
            return next(iter(extract_all(task.text(), str(schema["format"]))), None)
        if schema.get("pattern"):
            return _matching(str(schema["pattern"]), task.text())
        said = set(name.lower().split("_"))
        if said & TITLES:
            return title_for(task)
        if said & SUMMARIES:
            return " ".join(best(body_sentences(task), 3, task.focus()))
        if said & WRITTEN or not name:
            return write(task)
        return self._named(name, described, is_open=bool(said & REASONS))

    def _named(self, name: str, described: str, *, is_open: bool) -> Json:
        """A value that is known by its looks or its label, else the sentence that has the words of its name."""
        looks = _of_kind(self._task, name)
        found = looks if looks is not None else extract.labelled_value(self._task, name)
        if found is not None and not isinstance(found, dict | list):
            return str(found)
        if set(name.lower().split("_")) & KINDS:
            return None
        focus = stems(f"{name.replace('_', ' ')} {described}")
        source = body_sentences(self._task)
        fitting = [sentence for sentence in source if set(focus) & set(stems(sentence))]
        chosen = best(fitting or (source if is_open else []), 1, focus)
        return chosen[0] if chosen else None

    def _first(self, alternatives: list[JsonObject], name: str, depth: int) -> Json:
        for one in alternatives:
            found = self.value(one, name, depth + 1)
            if found is not None:
                return fitted(found, self._resolved(one))
        return None

    def _said(self) -> str:
        return "\n".join([self._task.instruction, *(section.text for section in self._task.sections)])

    def _text_to_judge(self) -> str:
        """What somebody wrote; else the longest text that is no list of described options."""
        message = self._task.message()
        if message is not None:
            return message.text
        texts = [section.text for section in self._task.material() if not section.is_data]
        return max(texts, key=lambda text: len(DESCRIBED.sub("", text)), default=self._task.text())

    def _resolved(self, schema: Json) -> JsonObject:
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        target: Json = self._root
        for step in reference[2:].split("/"):
            target = target.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, Mapping) else {}
        return target if isinstance(target, Mapping) and target is not schema else {}


def fill(task: Task, schema: JsonObject) -> Json:
    """A value for the whole schema."""
    return Filler(task, schema).required(schema, "", 0)


def fitted(value: Json, schema: JsonObject) -> Json:
    """The value within the limits of its schema, where that can be done without inventing."""
    if isinstance(value, str):
        value = shorten(value, int(schema["maxLength"])) if "maxLength" in schema else value
        return value.ljust(int(schema.get("minLength", 0)), ".")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _bounded(value, schema)
    if isinstance(value, list):
        value = list({repr(part): part for part in value}.values()) if schema.get("uniqueItems") else value
        return value[: int(schema.get("maxItems", len(value)))]
    return value


def extract_all(text: str, form: str) -> list[str]:
    """Every text of a format in the order in which they stand."""
    match form:
        case "email":
            found = extract.EMAIL.findall(text)
        case "date":
            found = list(extract.dates(text))
        case "date-time":
            found = [datetime.fromisoformat(day).replace(tzinfo=UTC).isoformat() for day in extract.dates(text)]
        case "uri" | "url":
            found = extract.LINK.findall(text)
        case "file":
            found = extract.FILE.findall(text)
        case _:
            found = []
    return list(dict.fromkeys(found))


def _of_kind(task: Task, name: str) -> str | None:
    """Values that are known by how they look: dates, addresses, numbers of things, currencies, names of people."""
    kind, text = set(name.lower().split("_")), task.text()
    if kind & {"date", "day", "until", "due"} and not isinstance(extract.labelled_value(task, name), str):
        return extract.first_date(text)
    if kind & {"email", "mail"}:
        return next(iter(extract.EMAIL.findall(text)), None)
    if kind & {"url", "link", "website"}:
        return next(iter(extract.LINK.findall(text)), None)
    if "currency" in kind:
        return extract.currency(text)
    if kind & {"phone", "telephone"}:
        return next(iter(extract.PHONE.findall(text)), None)
    if kind & {"id", "number", "reference", "no"} and extract.labelled_value(task, name) is None:
        return _identifier(task, name)
    if kind == {"name"} or kind & {"person", "author"}:
        message = task.message()
        return (extract.person(message.text) if message else "") or next(iter(extract.names(text)), None)
    return None


def _identifier(task: Task, name: str) -> str | None:
    wanted = stems(name.replace("_", " "))
    near = [
        (overlap(wanted, stems(line)), found)
        for line in sentences(task.text())
        for found in extract.IDENTIFIER.findall(line)
    ]
    return max(near, key=lambda each: each[0])[1] if near else None


def _tables(task: Task) -> list[str]:
    """Lines of text tables as `column: value` lines."""
    found: list[str] = []
    for section in task.material():
        lines = [
            [cell.strip() for cell in re.split(r"\s*\|\s*|\t", line.strip(" |"))] for line in section.text.splitlines()
        ]
        cells = [line for line in lines if len(line) > 1 and not all(set(cell) <= set("-: ") for cell in line)]
        for row in cells[1:]:
            found.append("\n".join(f"{head}: {cell}" for head, cell in zip(cells[0], row, strict=False)))
    return found


def _matching(pattern: str, text: str) -> str | None:
    options = re2.Options()
    options.log_errors = False
    try:
        match = re2.compile(pattern.removeprefix("^").removesuffix("$"), options).search(text)
    except re2.error:
        return None
    return str(match[0]) if match else None


def _bounded(value: float, schema: JsonObject) -> float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", value))
    most = schema.get("maximum", schema.get("exclusiveMaximum", value))
    return _between(value, least, most)


def _between(value: float, least: float, most: float) -> float:
    return least if value < least else most if value > most else value


def _blank(schema: JsonObject) -> str:
    return {"date": "1970-01-01", "date-time": "1970-01-01T00:00:00+00:00", "email": "unknown@example.invalid"}.get(
        str(schema.get("format")), ""
    )


def _types(schema: JsonObject) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _constants(schema: JsonObject) -> bool:
    listed = schema.get("oneOf") or schema.get("anyOf") or ()
    return bool(listed) and all(isinstance(one, Mapping) and "const" in one for one in listed)
