"""YAML as workflow files use it: what JSON can hold, and nothing else.

No anchors, aliases, tags or second documents (nothing can grow while it is read), no key twice, at most 1 MiB and 32
levels. Plain words are text, so `no`, `on` and 2026-11-05 stay what was typed (the core schema of YAML 1.2, where YAML 1.1
would make other values of them). The data is built from the parser's events: no constructor of the library ever runs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from builder.portable_errors import Fault, Place, TooLargeFile, UnsafeYaml, WrongShape, WrongYaml, dotted
from orchestrator.engine.values import Json

LARGEST, DEEPEST, LONGEST_NUMBER = 1 << 20, 32, 300
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DECIMAL_MARK = re.compile(r"[.eE]")
_ODD_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""What YAML takes for the end of a line, and would not give back as it was."""
_WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_Event = Any
"""An event of the parser; its attributes depend on its kind, which the library's types do not say."""
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a file says, and on which line each of its keys stands."""

    data: Json
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of the key, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, text: str, place: Place) -> Fault:
        return Fault(text=text, line=self.line(place), key=dotted(place))


def load(text: str) -> Source:
    """The data of a YAML text. Raises WrongYaml, UnsafeYaml, TooLargeFile, WrongShape."""
    _check_text(text)
    builder = _Builder(yaml.parse(text, Loader=_PARSER))
    try:
        return Source(data=builder.document(), lines=builder.lines)
    except yaml.YAMLError as error:
        raise WrongYaml([_yaml_fault(error)]) from None


def _check_text(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise WrongYaml("The text is no valid Unicode: save the file as UTF-8.") from None
    if size > LARGEST:
        raise TooLargeFile(f"The file has {size:,} bytes. {TooLargeFile.__doc__}")


def _yaml_fault(error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    text = f"This is not YAML here: {problem}. Check indentation, quotes and colons."
    return Fault(text=text, line=mark.line + 1 if mark else 0)


class _Builder:
    """Makes data from the events of the parser, which never looks further ahead than it must."""

    def __init__(self, events: Iterator[_Event]) -> None:
        self.events = events
        self.lines: dict[Place, int] = {}

    def document(self) -> Json:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise WrongYaml("The file is empty.")
        data = self._value(next(self.events), ())
        next(self.events)
        after: _Event = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise UnsafeYaml([_fault_at(after, (), "A workflow file is one YAML document: remove what follows `---`.")])
        return data

    def _value(self, event: _Event, place: Place) -> Json:
        self.lines.setdefault(place, _line(event))
        _check_event(event, place)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        return _scalar(event, place)

    def _mapping(self, place: Place) -> dict[str, Json]:
        found: dict[str, Json] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                _check_event(event, place)
                raise WrongShape(
                    [_fault_at(event, place, "A key is a word, not a list or an object: put it in quotes.")]
                )
            _check_event(event, place)
            key = _checked_text(event, place)
            inner = (*place, key)
            if key in found:
                text = f"This key is there twice, first on line {self.lines[inner]}. Remove one of the two."
                raise WrongShape([_fault_at(event, inner, text)])
            self.lines[inner] = _line(event)
            found[key] = self._value(next(self.events), inner)
        return found

    def _sequence(self, place: Place) -> list[Json]:
        found: list[Json] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*place, len(found))))
        return found


def _line(event: _Event) -> int:
    return int(event.start_mark.line) + 1


def _fault_at(event: _Event, place: Place, text: str) -> Fault:
    return Fault(text=text, line=_line(event), key=dotted(place))


def _check_event(event: _Event, place: Place) -> None:
    problem = ""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        problem = "Anchors (&) and aliases (*) are not read: write the value out, or put the text in quotes."
    elif getattr(event, "tag", None) is not None:
        problem = f"The tag {event.tag[:60]!r} is not read: write the value without it, or put the text in quotes."
    elif len(place) > DEEPEST:
        problem = f"The file nests more than {DEEPEST} levels deep. Make it flatter."
    if problem:
        raise UnsafeYaml([_fault_at(event, place[:8], problem)])


def _scalar(event: _Event, place: Place) -> Json:
    text = _checked_text(event, place)
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _whole_number(event, place)
    if _DECIMAL.fullmatch(text) and _DECIMAL_MARK.search(text):
        return _decimal(event, place)
    return text


def _whole_number(event: _Event, place: Place) -> int:
    if len(event.value) > LONGEST_NUMBER:
        raise WrongShape([_fault_at(event, place, "This number is too long: put it in quotes to keep it as text.")])
    return int(event.value)


def _decimal(event: _Event, place: Place) -> float:
    number = float(event.value)
    if number in (float("inf"), float("-inf")):
        raise WrongShape([_fault_at(event, place, "This number is too large: put it in quotes to keep it as text.")])
    return number


def _checked_text(event: _Event, place: Place) -> str:
    text: str = event.value
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise WrongShape([_fault_at(event, place, "The text holds a NUL or half a character: remove it.")])
    return text


class _Writer(yaml.SafeDumper):
    """Quotes whatever another YAML reader, or this one, would take for something else than text."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)


def _write_text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _ODD_BREAKS.search(text) else "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _write_text)
_Writer.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"(?:{_DECIMAL.pattern})$"), list("-+.0123456789"))


def dump(data: Json) -> str:
    """The YAML of JSON data, with its keys in the order they have."""
    return yaml.dump(data, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=110)
