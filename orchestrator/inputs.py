"""The input of a run, checked before it starts: defaults filled in, the shape its version asks for, files that are there."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from orchestrator.contract.json_schema import problems_of, with_defaults
from orchestrator.engine.values import BatonError, Json, JsonObject
from orchestrator.models import RunFile
from teams.errors import WrongInput

PREFIX = "file:"


class WrongRunInput(BatonError, WrongInput):
    """The input does not fit what the workflow asks for. Correct it and start the run again."""

    code = "wrong_input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An input that a run may start with, and the ids of the uploads that it names."""

    value: Json
    files: tuple[UUID, ...] = ()


def checked(given: Json, *, schema: JsonObject, team: int) -> Checked:
    """The input with its defaults. Raises WrongRunInput, which names every place that is wrong."""
    if not isinstance(given, Mapping):
        raise WrongRunInput('The input of a run is an object: {"name": value, ...}. Start the run again with one.')
    value = with_defaults(given, schema)
    found = [*problems_of(value, schema), *unknown_names(value, schema)]
    places = [(place, text, upload_id(text)) for place, text in file_places(schema, value)]
    files = _free_uploads([one for _, _, one in places if one is not None], team)
    found += [f"{place}: there is no upload {text!r}; {_HOW}" for place, text, one in places if one not in files]
    if found:
        raise WrongRunInput(f"The input does not fit: {'; '.join(found)}. Correct it and start again.", problems=found)
    return Checked(value=value, files=tuple(files))


_HOW = "upload the file to /api/v1/files first and write file:<id>"


def unknown_names(value: JsonObject, schema: JsonObject) -> list[str]:
    """Names that the schema does not know: a slip of the pen is told at once, not by a run that lacks something."""
    known = schema.get("properties")
    if not isinstance(known, Mapping) or "additionalProperties" in schema or "patternProperties" in schema:
        return []
    names = ", ".join(sorted(known)) or "none"
    return [f"{name}: the workflow has no such input; it has {names}" for name in value if name not in known]


def file_places(schema: Json, value: Json, place: str = "") -> Iterator[tuple[str, Json]]:
    """Where the schema wants a file ({type: string, format: file}), and what stands there."""
    if not isinstance(schema, Mapping) or value is None:
        return
    if schema.get("format") == "file":
        yield place or "the whole value", value
    elif isinstance(value, Mapping) and isinstance(properties := schema.get("properties"), Mapping):
        for key, part in value.items():
            yield from file_places(properties.get(key), part, f"{place}/{key}" if place else str(key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from file_places(schema.get("items"), part, f"{place}/{number}" if place else str(number))


def _free_uploads(wanted: Collection[UUID], team: int) -> set[UUID]:
    """Those of them that are uploads of the team which no run has yet."""
    rows = RunFile.objects.of(team).filter(pk__in=wanted, run=None, is_doomed=False)
    return set(rows.values_list("pk", flat=True)) if wanted else set()


def upload_id(text: Json) -> UUID | None:
    """The id in `file:<id>`; None where it is something else."""
    if not isinstance(text, str) or not text.startswith(PREFIX):
        return None
    try:
        return UUID(text.removeprefix(PREFIX))
    except ValueError:
        return None
