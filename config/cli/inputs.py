"""The input of a run, put together from what was typed: a text, a JSON file, single values, files, or a sample."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.portable import Sample, WorkflowFile
from orchestrator.engine.values import BatonError, Json, JsonObject


class WrongArgument(BatonError):
    """The input on the command line cannot be used."""

    code = "wrong_argument"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stood on the command line. `files` are paths by key."""

    text: str | None = None
    values: Sequence[str] = ()
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The input as JSON, the folder that its relative paths stand in, and answers for forms by node."""

    value: JsonObject
    base: Path
    answers: Mapping[str, Json]


def put_together(typed: Typed, *, workflow: WorkflowFile, folder: Path) -> Given:
    """The run's input. Without any, the first sample of the file. Raises WrongArgument."""
    sample = workflow.samples[0] if workflow.samples else None
    answers = sample.answers if sample else {}
    schema = workflow.document.get("inputs") or {}
    if typed.text is None and not typed.values and not typed.files:
        return Given(value=_of_sample(sample, schema), base=folder, answers=answers)
    value: dict[str, Json] = dict(_of_text(typed.text, schema)) if typed.text is not None else {}
    for key, said in _pairs(typed.values, "--set"):
        value[key] = _value(said, schema, key)
    for key, path in _pairs(typed.files, "--file"):
        _add_file(value, schema, key, Path(path))
    return Given(value=value, base=Path.cwd(), answers=answers)


def _of_sample(sample: Sample | None, schema: JsonObject) -> JsonObject:
    if sample is None and schema.get("required"):
        names = ", ".join(schema["required"])
        raise WrongArgument(f"The workflow wants {names}, and the file has no sample. Use --input, --set or --file.")
    return sample.inputs if sample else {}


def _of_text(text: str, schema: JsonObject) -> JsonObject:
    """@file.json is the whole input; any other text fills the one required string."""
    if text.startswith("@"):
        return _of_file(Path(text[1:]))
    properties = schema.get("properties") or {}
    wanted = [name for name in schema.get("required") or () if _is_text(properties.get(name) or {})]
    if len(wanted) != 1:
        names = ", ".join(properties) or "none"
        raise WrongArgument(
            f"--input TEXT fills the one required text, but there are {len(wanted)}. Inputs: {names}. "
            "Use --set key=value, or --input @file.json."
        )
    return {wanted[0]: text}


def _is_text(schema: JsonObject) -> bool:
    return schema.get("type") == "string" and schema.get("format") != "file"


def _of_file(path: Path) -> JsonObject:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WrongArgument(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise WrongArgument(f"{path} must hold a JSON object: the inputs by name.")
    return value


def _pairs(texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise WrongArgument(f"{option} wants key=value; this is none: {text!r}")
        found.append((key, value))
    return found


def _value(text: str, schema: JsonObject, key: str) -> Json:
    """Text for a text; anything else as JSON where it is some."""
    if _is_text((schema.get("properties") or {}).get(key) or {}):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _add_file(value: dict[str, Json], schema: JsonObject, key: str, path: Path) -> None:
    """A list of files grows with each --file of its key."""
    if not path.is_file():
        raise WrongArgument(f"There is no file {path}.")
    about = (schema.get("properties") or {}).get(key) or {}
    if about.get("type") == "array" and _is_file(about.get("items") or {}):
        earlier = value.get(key)
        value[key] = [*(earlier if isinstance(earlier, list) else []), str(path)]
    elif _is_file(about):
        value[key] = str(path)
    else:
        names = ", ".join(schema.get("properties") or {}) or "none"
        raise WrongArgument(f"The input {key!r} takes no file. Inputs: {names}. Use --set {key}=value.")


def _is_file(schema: JsonObject) -> bool:
    return schema.get("format") == "file"
