"""Templates: `{{ path.to.value }}` with a few filters that take no argument. Dict keys and list positions only, never
attributes (security S3); the text that comes out has at most 1 MiB.

A string that is one template and nothing else becomes the value itself, with its type; any other becomes text.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from orchestrator.engine.values import BatonError, Json

LARGEST = 1 << 20
TEMPLATE = re.compile(r"\{\{\s*([A-Za-z_][\w\-]*(?:\.[\w\-]+){0,20})\s*((?:\|\s*\w+\s*){0,5})\}\}")


class WrongTemplate(BatonError):
    """A template is {{ name.field }} with the filters json, bullets, lines, length or trim."""

    code = "wrong_template"


class TooLarge(BatonError):
    """The filled template is longer than 1 MiB: pass less text on, or summarise it first."""

    code = "template_too_large"


def as_text(value: Json) -> str:
    """How a value reads inside a text: nothing for None, JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=None if isinstance(value, bool | int | float) else 2)


def _lines(value: Json, sign: str) -> str:
    parts = value if isinstance(value, list) else [] if value is None else [value]
    return "\n".join(sign + as_text(part) for part in parts)


FILTERS: Mapping[str, Callable[[Json], Json]] = {
    "json": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    "bullets": lambda value: _lines(value, "- "),
    "lines": lambda value: _lines(value, ""),
    "length": lambda value: len(value) if isinstance(value, str | list | Mapping) else 0,
    "trim": lambda value: as_text(value).strip(),
}


def read_path(path: str, values: Json) -> Json:
    """What stands at `path` in nested objects and lists, or None."""
    for part in path.split("."):
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            return None
    return values


def references(template: Json) -> frozenset[str]:
    """The paths that a template (a string, or any JSON with strings in it) reads. Raises WrongTemplate."""
    return frozenset(path for text in _strings(template) for path, _ in _holes(text))


def names(template: Json) -> frozenset[str]:
    """The first parts of those paths: upstream nodes, `inputs`, `item`."""
    return frozenset(path.partition(".")[0] for path in references(template))


def fill(template: Json, values: Json) -> Json:
    """The template with its values. Raises WrongTemplate, TooLarge."""
    if isinstance(template, str):
        return _fill_text(template, values)
    if isinstance(template, Mapping):
        return {key: fill(part, values) for key, part in template.items()}
    if isinstance(template, list | tuple):
        return [fill(part, values) for part in template]
    return template


def _fill_text(text: str, values: Json) -> Json:
    if "{{" not in text:
        return text
    whole = TEMPLATE.fullmatch(text.strip())
    if whole:
        return _value(whole, values)
    _check(text)
    size = 0

    def replace(hole: re.Match[str]) -> str:
        nonlocal size
        part = as_text(_value(hole, values))
        size += len(part)
        if size > LARGEST:
            raise TooLarge
        return part

    filled = TEMPLATE.sub(replace, text)
    if len(filled) > LARGEST:
        raise TooLarge
    return filled


def _value(hole: re.Match[str], values: Json) -> Json:
    value = read_path(hole.group(1), values)
    for name in _filters(hole.group(2)):
        value = FILTERS[name](value)
    return value


def _filters(text: str) -> list[str]:
    found = [part.strip() for part in text.split("|") if part.strip()]
    for name in found:
        if name not in FILTERS:
            raise WrongTemplate(f"There is no filter {name!r}; there are {', '.join(FILTERS)}.")
    return found


def _strings(template: Json) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping):
        for part in template.values():
            yield from _strings(part)
    elif isinstance(template, list | tuple):
        for part in template:
            yield from _strings(part)


def _holes(text: str) -> Iterator[tuple[str, list[str]]]:
    _check(text)
    for hole in TEMPLATE.finditer(text):
        yield hole.group(1), _filters(hole.group(2))


def _check(text: str) -> None:
    rest = TEMPLATE.sub("", text)
    if "{{" in rest:
        start = rest.index("{{")
        raise WrongTemplate(
            f"This is no template: {rest[start : start + 60]!r}. Write {{{{ name.field }}}}, with at most "
            "five filters of json, bullets, lines, length, trim."
        )
