"""What a person types into the terminal: another text, other JSON, a form. And text from outside, fit to be shown there."""

import json
import os
import sys
from collections.abc import Mapping

import click
from rich.console import Console

from orchestrator.engine.values import Json, JsonObject

END_OF_TEXT = "."
KEPT = frozenset("\n\t")


def plain(text: str) -> str:
    """Without control characters: text from outside must not steer the terminal."""
    return "".join(letter for letter in text if letter in KEPT or (letter >= " " and not "\x7f" <= letter <= "\x9f"))


def text_of(value: Json) -> tuple[str | None, str | None]:
    """The text in a value that is one, or an object around one, with its key: most outputs are {"text": ...}."""
    if isinstance(value, str):
        return None, value
    if isinstance(value, Mapping):
        key = "text" if "text" in value else next(iter(value)) if len(value) == 1 else None
        if key is not None and isinstance(value[key], str):
            return key, value[key]
    return None, None


def edited_text(old: Json, console: Console) -> Json:
    """The person's version of a text, or of the text in an object; anything else as JSON."""
    key, text = text_of(old)
    if text is None:
        return edited_json(old, console)
    new = _typed(text, console)
    return {**dict(old), key: new} if key is not None else new


def edited_json(old: Json, console: Console) -> Json:
    """The person's version, asked for again until it is JSON."""
    shown = json.dumps(old, ensure_ascii=False, indent=2)
    while True:
        shown = _typed(shown, console)
        try:
            return json.loads(shown)
        except (ValueError, RecursionError) as error:
            console.print(f"This is no JSON: {error}", markup=False)


def _typed(text: str, console: Console) -> str:
    """Through $EDITOR where there is one, else line by line to a lone full stop."""
    if os.environ.get("EDITOR") or os.environ.get("VISUAL"):
        return (click.edit(text) or text).strip()
    console.print(f"Type the new text; a line with only {END_OF_TEXT!r} ends it.")
    lines: list[str] = []
    while (line := sys.stdin.readline()) and line.rstrip("\n") != END_OF_TEXT:
        lines.append(line.rstrip("\n"))
    if not line and not lines:
        raise click.Abort
    return "\n".join(lines).strip()


def filled(schema: JsonObject) -> Json:
    """A form, field by field. A field that is not required may stay empty."""
    properties = schema.get("properties") or {}
    required = set(schema.get("required") or ())
    found = {name: _field(name, about, is_required=name in required) for name, about in properties.items()}
    return {name: value for name, value in found.items() if value is not None}


def _field(name: str, about: JsonObject, *, is_required: bool) -> Json:
    label = plain(str(about.get("title") or name)) + ("" if is_required else " (may stay empty)")
    default = about.get("default")
    shown = default if isinstance(default, str) or default is None else json.dumps(default)
    while True:
        said = click.prompt(label, default=shown if shown is not None else None if is_required else "", err=True)
        if said == "" and not is_required:
            return None
        if about.get("type") in ("string", None):
            return said
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            click.echo(f"This must be JSON of type {about['type']}.", err=True)


def json_or_text(label: str) -> Json:
    """A value that may be anything."""
    said = click.prompt(label, err=True)
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said
