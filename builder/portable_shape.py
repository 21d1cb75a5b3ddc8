"""The shape of a workflow file, as pydantic models: what is checked on reading and what the published JSON Schema is made of.

The settings of a node's type (`config`) are not checked here but against the type itself (builder/portable_problems.py):
a file of a workflow that is being written must be readable while its settings have errors.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from dataclasses import Field as DataclassField
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from builder.portable_errors import Fault, Place, WrongSchemaVersion, WrongShape
from builder.portable_yaml import Source
from orchestrator.engine.gates import Gate
from orchestrator.engine.problem import KEY, RESERVED
from orchestrator.engine.retry import RetryPolicy
from orchestrator.engine.values import Json

SCHEMA = 1
MICRO = 1_000_000


def _not_taken(name: Json) -> Json:
    if name in RESERVED:
        raise PydanticCustomError(
            "taken", "The name {name} has a meaning of its own: choose another.", {"name": repr(name)}
        )
    return name


Name = Annotated[str, StringConstraints(pattern=f"^{KEY.pattern}$")]
NodeName = Annotated[Name, BeforeValidator(_not_taken)]
JsonMap = dict[str, Json]


class Shape(BaseModel):
    """What all parts have in common: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _of_dataclass(kind: type, name: str, description: str, words: Mapping[str, str]) -> type[Shape]:
    """The engine's own value as a shape, so that the two cannot drift apart; `words` says what each field is for."""
    hints = get_type_hints(kind)
    members: dict[str, Any] = {
        each.name: (hints[each.name], Field(_default(each), title=_title(each.name), description=words[each.name]))
        for each in fields(kind)
    }
    return create_model(name, __base__=Shape, __doc__=description, **members)


def _default(member: DataclassField[Any]) -> Json:
    return ... if member.default is MISSING else member.default


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


RetryShape = _of_dataclass(
    RetryPolicy,
    "Retry",
    "When a failed step is tried again.",
    {
        "tries": "Tries in all, the first included.",
        "wait": "Seconds before the second try. A vendor's own word on when to come back goes before it.",
        "factor": "By how much each further wait is longer.",
        "longest": "Seconds of the longest wait.",
        "node_errors": "Whether errors of the node itself, not only of a call, are tried again.",
    },
)
GateShape = _of_dataclass(
    Gate,
    "Gate",
    "When people look at the output before it goes on.",
    {
        "when": "always; condition: where `condition` holds; score: where the number at `score` is low; sample: some.",
        "queue": "The queue whose members are asked.",
        "condition": 'For when condition: over the output, such as {"field": "total", "is": "above", "value": 100}.',
        "score": "For when score: where the output has the number, such as confidence.",
        "below": "For when score: people look below this number, and where there is none.",
        "percent": "For when sample: how many of a hundred are looked at, by chance.",
        "max_rounds": "How often changes may be requested.",
        "due": "Seconds that people have; empty: as long as they like.",
        "on_expiry": "What happens where nobody decides in time: approve, reject, or the port that is taken.",
        "instructions": "What to look at, and by which rule.",
    },
)


class BudgetShape(Shape):
    """What one run may use."""

    money: Annotated[float, Field(ge=0, le=1_000_000, description="Dollars, such as 0.50")] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None
    calls: Annotated[int, Field(ge=0)] | None = None


class NodeShape(Shape):
    """One box of the graph."""

    type: Annotated[str, Field(description="What the node does")]
    title: str = ""
    model: Annotated[str, Field(description="fast, strong, default or provider/name; short for config.model")] = ""
    tools: Annotated[list[Json], Field(description="Tools that it may call; short for config.tools")] = []
    config: Annotated[JsonMap, Field(description="The settings of its type")] = {}
    retry: RetryShape | None = None  # type: ignore[valid-type]  # made from the engine's value
    timeout: Annotated[float, Field(gt=0)] | None = Field(None, description="Seconds that one try may take")
    on_error: Annotated[
        Literal["fail", "default", "port"],
        Field(title="On error", description="fail: the run fails; default: `default` goes on; port: the port `error`"),
    ] = "fail"
    default: Json = Field(None, description="The output where it fails and `on_error` is default")
    cache: Annotated[int, Field(ge=0, description="Seconds that a result may be reused")] = 0
    gate: GateShape | None = None  # type: ignore[valid-type]  # made from the engine's value
    queue: Annotated[str, Field(description="The workers' queue")] = "default"
    revision: Annotated[int, Field(ge=1)] = 1
    notes: Annotated[str, Field(description="For those who read the workflow")] = ""


Edges = Annotated[list[str], Field(description='"a -> b", or "a.port -> b"; `inputs` and `output` are the two ends')]


class BodyShape(Shape):
    """The graph inside a container."""

    nodes: Annotated[dict[NodeName, NodeShape], Field(min_length=1)]
    edges: Edges = []
    output: Json = None


class SampleShape(Shape):
    """Input to try the workflow with."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    inputs: Annotated[JsonMap, Field(description="Files are paths beside the workflow file")] = {}
    answers: Annotated[dict[str, JsonMap], Field(description="What people fill in, by node")] = {}


_ROWS: JsonMap = {"type": "array", "items": {"type": "object", "minProperties": 1}}
Table = Annotated[Json, WithJsonSchema({"anyOf": [{"type": "string"}, _ROWS]})]
Position = Annotated[list[float], Field(min_length=2, max_length=2)]


class FileShape(Shape):
    """A workflow of Baton as one file."""

    schema_: Annotated[Literal[1], Field(alias="schema", description="The version of this format")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: str = ""
    tags: list[Annotated[str, StringConstraints(min_length=1, max_length=40)]] = []
    inputs: Annotated[JsonMap, Field(description="JSON Schema of the input; the start form is made from it")] = {}
    tables: Annotated[dict[Name, Table], Field(description="A CSV or JSON file, or the rows themselves")] = {}
    samples: list[SampleShape] = []
    budget: BudgetShape | None = None
    nodes: Annotated[dict[NodeName, NodeShape], Field(min_length=1)]
    edges: Edges = []
    output: Annotated[Json, Field(description="What the run gives back, with {{ node.field }}")] = None
    layout: Annotated[
        dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]], Field(description="Where the boxes stand")
    ] = {}


def check_version(source: Source) -> None:
    """Raise WrongShape, WrongSchemaVersion where the file is not of this version: nothing else would make sense of it."""
    if not isinstance(source.data, dict):
        raise WrongShape([source.fault("A workflow file holds keys: begin with `schema: 1` and `name:`.", ())])
    found = source.data.get("schema")
    if found is None:
        raise WrongSchemaVersion([source.fault(f"The file names no version: write `schema: {SCHEMA}` first.", ())])
    if found != SCHEMA or isinstance(found, bool):
        text = (
            f"This Baton reads files of schema {SCHEMA}, not {found!r}: write `schema: {SCHEMA}`, or use a newer Baton."
        )
        raise WrongSchemaVersion([source.fault(text, ("schema",))])


def check_shape(shape: type[Shape], data: Json, *, source: Source, place: Place = ()) -> None:
    """Raise WrongShape with everything in `data` (what stands at `place` of the file) that is not as `shape` says."""
    try:
        shape.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise WrongShape(list(_faults(error, shape, source=source, place=place))) from None


def _faults(error: ValidationError, shape: type[Shape], *, source: Source, place: Place) -> Iterator[Fault]:
    told: set[Place] = set()
    for found in error.errors(include_url=False, include_context=False):
        where = (*place, *(part for part in found["loc"] if part != "[key]"))
        if where not in told:
            told.add(where)
            yield source.fault(_words(found["type"], found["msg"], where, shape), where)


def _words(kind: str, message: str, where: Place, shape: type[Shape]) -> str:
    if kind == "extra_forbidden":
        return _unknown(str(where[-1]), shape)
    if kind == "missing":
        return f"The key `{where[-1]}` is missing."
    if kind == "string_pattern_mismatch":
        return "A name begins with a letter and holds at most 64 letters, digits, - and _."
    return f"{message.removesuffix('.')}."


def _unknown(key: str, shape: type[Shape]) -> str:
    known = sorted(set(_keys(shape)))
    close = get_close_matches(key, known, n=1)
    hint = f" Is `{close[0]}` meant?" if close else " Remove it, or move it into a node's `config`."
    return f"There is no key {key[:60]!r} here.{hint}"


def _keys(shape: type[Shape]) -> Iterator[str]:
    for part in (shape, NodeShape, BudgetShape, SampleShape, RetryShape, GateShape):
        yield from (member.alias or name for name, member in part.model_fields.items())
