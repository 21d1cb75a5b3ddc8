"""Problems of templates: what they read must be there when they are filled."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from orchestrator.engine.graph import BODY
from orchestrator.engine.problem import Problem
from orchestrator.engine.templating import WrongTemplate, references
from orchestrator.engine.values import Json, JsonObject

ITEM = frozenset({"item", "index"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a template may read: `nodes` whose outputs are there, `later` ones that are not there yet (or are the node
    itself), the run's `inputs` as far as its schema names them (None: any), and whether there is an `item`."""

    nodes: frozenset[str]
    later: frozenset[str] = frozenset()
    inputs: frozenset[str] | None = None
    has_item: bool = False

    def of(self, nodes: Collection[str], later: Collection[str]) -> "Sight":
        """The same from a place where these nodes are upstream as well."""
        return replace(self, nodes=self.nodes | frozenset(nodes), later=frozenset(later))


def declared_inputs(schema: Json) -> frozenset[str] | None:
    """The names that the input's schema allows; None where it allows any."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        return None
    if schema.get("additionalProperties") or "patternProperties" in schema:
        return None
    return frozenset(schema["properties"])


def template_problems(node: str, field: str, value: Json, sight: Sight) -> Iterator[Problem]:
    """What is wrong with the templates in a value; the body of a container is looked at by itself."""
    if isinstance(value, str):
        yield from _text_problems(node, field, value, sight)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            if f"{field}.{key}" != f"config.{BODY}":
                yield from template_problems(node, f"{field}.{key}", part, sight)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from template_problems(node, f"{field}.{number}", part, sight)


def _text_problems(node: str, field: str, text: str, sight: Sight) -> Iterator[Problem]:
    try:
        paths = references(text)
    except WrongTemplate as error:
        yield Problem(code="wrong_template", node=node, field=field, message=str(error))
        return
    yield from path_problems(node, field, sorted(paths), sight)


def path_problems(node: str, field: str, paths: Collection[str], sight: Sight) -> Iterator[Problem]:
    """What is wrong with paths that are read."""
    for path in paths:
        message = _wrong(path, sight)
        if message:
            yield Problem(code="unknown_reference", node=node, field=field, message=message)


def _wrong(path: str, sight: Sight) -> str:
    first, _, rest = path.partition(".")
    if first == "inputs":
        return _wrong_input(rest.partition(".")[0], sight)
    if first in ITEM:
        return "" if sight.has_item else f"{{{{ {path} }}}} is there only inside a container such as map."
    if first in sight.nodes:
        return ""
    if first in sight.later:
        return f"{{{{ {path} }}}} is not there yet when this runs: draw a way from {first!r} to here, or read something else."
    known = ", ".join(["inputs", *sorted(sight.nodes)])
    return f"{{{{ {path} }}}} names nothing that is known: there is no node {first!r}. Known here: {known}."


def _wrong_input(name: str, sight: Sight) -> str:
    if not name or sight.inputs is None or name in sight.inputs:
        return ""
    known = ", ".join(sorted(sight.inputs)) or "none"
    return f"There is no input {name!r}: declare it under `inputs`, or use one of {known}."


def input_problems(document: JsonObject) -> Iterator[Problem]:
    """What is wrong with the frame of the document itself."""
    for name in sorted(document.keys() - {"inputs", "nodes", "edges", "output", "budget"}):
        yield Problem(code="wrong_setting", field=name, message=f"A workflow has no {name!r}: remove it.")
    budget = document.get("budget") or {}
    if not isinstance(budget, Mapping):
        yield Problem(code="wrong_setting", field="budget", message="`budget` is an object of money, tokens and calls.")
        return
    for name, value in budget.items():
        if name not in ("money", "tokens", "calls"):
            yield Problem(
                code="wrong_setting", field=f"budget.{name}", message="A budget has money, tokens and calls only."
            )
        elif value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            message = f"`{name}` is a whole number, 0 at least (money in micro-dollars)."
            yield Problem(code="wrong_setting", field=f"budget.{name}", message=message)
