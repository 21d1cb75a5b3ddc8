"""The demo model's use of tools: it calls an offered tool when the request names it, or holds what its arguments need."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from orchestrator.contract.messages import ModelRequest, ToolSpec, ToolUse
from orchestrator.engine.values import Json, JsonObject
from orchestrator.providers import _demo_extract as extract
from orchestrator.providers._demo_request import Task, parse_data
from orchestrator.providers._demo_schema import Filler
from orchestrator.providers._demo_text import overlap, stems, words

MOST_CALLS = 5
MOST_TRIES = 3
TEXTUAL = frozenset({"query", "question", "search", "text", "topic", "prompt", "message", "q", "term", "terms"})
LISTED = re.compile(
    r"\bthere (?:are|is)(?: only)?:? (?!no\b)([\w, ]+)|\b(?:known|available)[^:.]{0,30}: ([\w, ]+)", re.I
)


def uses_for(task: Task, request: ModelRequest) -> tuple[ToolUse, ...]:
    """The calls of this turn: none where all that is worth calling was called."""
    done = [(use.name, _canonical(use.arguments)) for use in task.uses]
    wanted: list[tuple[str, JsonObject]] = []
    for spec in request.tools:
        tried = [use for use in task.uses if use.name == spec.name]
        if len(tried) >= MOST_CALLS or (tried and not _failed(task, spec.name)):
            continue
        wanted += list(_again(task, spec, tried)) if tried else list(_calls(task, spec))
    fresh = [(name, arguments) for name, arguments in wanted if (name, _canonical(arguments)) not in done][:MOST_CALLS]
    if not fresh and request.must_use_tool and request.tools:
        fresh = [_forced(task, request.tools, done)]
    count = len(task.uses)
    return tuple(
        ToolUse(id=f"call_{count + place}", name=name, arguments=given) for place, (name, given) in enumerate(fresh)
    )


def _calls(task: Task, spec: ToolSpec) -> Iterator[tuple[str, JsonObject]]:
    named = _is_named(task, spec.name)
    if named is False:
        return
    for anchor in _anchors(task, spec):
        arguments, anchored = _arguments(task, spec, anchor)
        if arguments is not None and (named or anchored or _fits(task, spec) >= 2):
            yield spec.name, arguments
            if anchor == "":
                return


def _is_named(task: Task, name: str) -> bool | None:
    """Whether the instructions name the tool; False where they forbid it."""
    said = task.instruction.lower()
    plain = name.lower().replace("_", " ")
    if re.search(
        rf"(?:do not|don't|never|without) (?:call\w*|us\w+) (?:the )?(?:{re.escape(name.lower())}|{re.escape(plain)})",
        said,
    ):
        return False
    return True if name.lower() in said or plain in said else None


def _anchors(task: Task, spec: ToolSpec) -> Sequence[str]:
    """What of the request each call would be about: identifiers, addresses, files; "" for a call about the request itself."""
    text, schema = task.text() + "\n" + task.instruction, json.dumps(dict(spec.schema))
    if '"file' in schema or "file:" in schema:
        found = extract.FILE.findall(text)
    elif re.search(r'"(?:url|uri|link|address)"', schema):
        found = extract.LINK.findall(text)
    else:
        found = extract.IDENTIFIER.findall(text)
    return list(dict.fromkeys(found))[:MOST_CALLS] or [""]


def _arguments(task: Task, spec: ToolSpec, anchor: str) -> tuple[JsonObject | None, bool]:
    """The arguments of one call, or None where a required one is not to be found; and whether the anchor is in them."""
    properties: Mapping[str, JsonObject] = spec.schema.get("properties") or {}
    required = spec.schema.get("required", ())
    given: dict[str, Json] = {}
    for name, schema in properties.items():
        value = _argument(task, spec, name, schema, anchor)
        if value is None and name in required:
            return None, False
        if value is not None and (name in required or name in _said_names(task) or (anchor and anchor in str(value))):
            given[name] = value
    return given, bool(anchor) and anchor in str(given)


def _argument(task: Task, spec: ToolSpec, name: str, schema: JsonObject, anchor: str) -> Json:
    labelled = task.labelled(name)
    if labelled is not None:
        return _as_type(labelled.text, schema)
    kind = schema.get("type")
    if kind == "object":
        column = _column(task, spec, schema, anchor)
        return {column: anchor} if anchor and column else None
    if kind in ("integer", "number", "boolean", "array") or "enum" in schema:
        return Filler(task, spec.schema).value(schema, name)
    if anchor and re.search(r"id|number|key|url|uri|link|address|source|file|reference|record|code", name, re.I):
        return anchor
    if set(words(name.replace("_", " "))) & TEXTUAL:
        return _subject(task)
    return _listed(task, spec, name, schema, anchor) or (
        anchor if anchor and len(spec.schema.get("properties") or {}) == 1 else None
    )


def _as_type(text: str, schema: JsonObject) -> Json:
    kind = schema.get("type")
    value = parse_data(text)
    if kind in ("object", "array"):
        return value
    if kind in ("integer", "number"):
        found = extract.numbers(text)
        return (int(found[0]) if kind == "integer" else found[0]) if found else None
    return text.strip()


def _listed(task: Task, spec: ToolSpec, name: str, schema: JsonObject, anchor: str) -> str | None:
    """A name that the request gives for it (`table people`), or one that the description lists and the request means."""
    said = f"{task.instruction}\n{task.text()}"
    direct = re.search(
        rf"\b{re.escape(name)}\s+[\"'`“]?([a-z][a-z0-9_]*)\b|[\"'`“]([a-z][a-z0-9_]*)[\"'`”]\s+{re.escape(name)}\b",
        said,
    )
    if direct and stems(direct[1] or direct[2]):
        return direct[1] or direct[2]
    described = f"{schema.get('description', '')} {spec.description}"
    lists = re.findall(r":\s*([a-z_]+(?:, [a-z_]+)+)", described)
    options = [option for listed in lists for option in listed.split(", ")]
    top = max(options, key=lambda option: _meant(option, said, anchor), default="")
    return top if top and _meant(top, said, anchor) > 0 else None


def _meant(option: str, said: str, anchor: str) -> float:
    """How much the request speaks of an option; the words right before an identifier say what it is, not what is asked."""
    owner = re.search(rf"(\w+(?: \w+){{0,2}})[ :#]+{re.escape(anchor)}", said) if anchor else None
    own = stems(option.replace("_", " "))
    return overlap(own, stems(said)) - (0.5 * overlap(own, stems(owner[1])) if owner else 0.0)


def _column(task: Task, spec: ToolSpec, schema: JsonObject, anchor: str) -> str:
    """The field an identifier belongs to: as an example in the description has it, else the word before the identifier."""
    for key, value in re.findall(
        r"[\"'](\w+)[\"']\s*:\s*[\"']([^\"']+)[\"']", f"{schema.get('description', '')} {spec.description}"
    ):
        if anchor and _shape(value) == _shape(anchor):
            return str(key)
    before = (
        re.search(
            rf"([A-Za-z_]+)(?: (?:number|no\.?|id|nr\.?))?[ :#]+{re.escape(anchor)}",
            f"{task.text()}\n{task.instruction}",
        )
        if anchor
        else None
    )
    return before[1].lower() if before else "id"


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[A-Za-z]+", "a", text))


def _again(task: Task, spec: ToolSpec, tried: Sequence[ToolUse]) -> Iterator[tuple[str, JsonObject]]:
    """After a refusal that says which names exist: the same call with the nearest of them."""
    errors = [(use, message) for use, message in task.errors if use.name == spec.name]
    if not errors or len(tried) >= MOST_TRIES:
        return
    use, message = errors[-1]
    listed = LISTED.search(message)
    options = [
        option.strip() for option in re.split(r",| and ", (listed[1] or listed[2]) if listed else "") if option.strip()
    ]
    wrong = _refused_name(use.arguments, message)
    if not options or wrong is None:
        return
    about = stems(f"{wrong.replace('_', ' ')} {task.instruction} {task.text()}")
    nearest = max(options, key=lambda option: overlap(stems(option.replace("_", " ")), about))
    yield spec.name, _renamed(use.arguments, wrong, nearest)


def _refused_name(arguments: JsonObject, message: str) -> str | None:
    """The name of the call that the refusal quotes, or at least has."""
    names = list(_names_in(arguments))
    quoted = [name for name in names if re.search(rf"[\"'`“]{re.escape(name)}[\"'`”]", message)]
    plain = [name for name in reversed(names) if re.search(rf"\b{re.escape(name)}\b", message.split(";")[0])]
    return next(iter([*quoted, *plain]), None)


def _names_in(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from _names_in(part)
    elif isinstance(value, str):
        yield value


def _renamed(value: Json, old: str, new: str) -> Json:
    if isinstance(value, Mapping):
        return {new if key == old else key: _renamed(part, old, new) for key, part in value.items()}
    return new if value == old else value


def _fits(task: Task, spec: ToolSpec) -> int:
    """How many words of the tool's name and description the request shares."""
    about = set(stems(f"{spec.name.replace('_', ' ')} {spec.description}"))
    return len(about & set(stems(f"{task.instruction} {task.text()[:2000]}")))


def _forced(task: Task, tools: Sequence[ToolSpec], done: Sequence[tuple[str, str]]) -> tuple[str, JsonObject]:
    """Where a tool must be used: the nearest one that was not yet, with whatever its arguments can be given."""
    called = {name for name, _ in done}
    spec = max(tools, key=lambda each: (each.name not in called, _fits(task, each)))
    arguments, _ = _arguments(task, spec, _anchors(task, spec)[0])
    filled = Filler(task, spec.schema).required({"type": "object", **spec.schema}, "", 0)
    return spec.name, arguments if arguments is not None else filled


def _subject(task: Task) -> str:
    message = task.message()
    short = [section.text for section in task.sections if not section.is_data and 1 <= len(section.text.split()) <= 40]
    return (message.text if message else next(iter(short), task.text() or task.instruction)).strip()[:300]


def _said_names(task: Task) -> frozenset[str]:
    return frozenset(section.label.strip().lower() for section in task.sections)


def _failed(task: Task, name: str) -> bool:
    return any(use.name == name for use, _ in task.errors) and not any(result.label == name for result in task.results)


def _canonical(arguments: JsonObject) -> str:
    return json.dumps(arguments, sort_keys=True, default=str)
