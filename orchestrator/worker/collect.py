"""The list that a container's items make: built by whoever reads it, never stored a second time.

A reference to it is `#<scope>|<errors>`; `errors` says what a failed item becomes: skip (left out) or collect.
"""

import json
from collections.abc import Sequence

from orchestrator.contract.context import ItemOutcome
from orchestrator.engine.graph import Body
from orchestrator.engine.paths import item_index
from orchestrator.engine.templating import fill
from orchestrator.engine.values import Json, StepPath
from orchestrator.queries.steps import ItemRow

MARK = "#"


def reference(scope: str, errors: str) -> str:
    return f"{MARK}{scope}|{errors}"


def parse(text: str) -> tuple[str, str]:
    """Scope and errors of a reference."""
    scope, _, errors = text[1:].rpartition("|")
    return scope, errors


def outcomes(rows: Sequence[ItemRow], body: Body, inputs: Json) -> list[ItemOutcome]:
    """The outcome of every item, in order."""
    return [_outcome(row, body, inputs) for row in rows]


def _outcome(row: ItemRow, body: Body, inputs: Json) -> ItemOutcome:
    index = item_index(StepPath(row.path))
    if row.status != "succeeded":
        error = json.loads(row.error) if row.error else {"code": row.status, "message": f"This item is {row.status}."}
        return ItemOutcome(index=index, error=error)
    return ItemOutcome(index=index, output=_output(row, body, inputs, index))


def _output(row: ItemRow, body: Body, inputs: Json, index: int) -> Json:
    own = json.loads(row.output) if row.output else None
    inner = {path.rpartition("/")[2]: json.loads(text) for path, text in row.inner}
    if body.single:
        inner[body.single.rpartition("/")[2]] = own
    if body.output is not None:
        return fill(body.output, {**inner, "inputs": inputs, "index": index})
    names = [key.rpartition("/")[2] for key in body.sinks]
    return inner.get(names[0]) if len(names) == 1 else {name: inner.get(name) for name in names}


def as_list(found: Sequence[ItemOutcome], errors: str) -> list[Json]:
    """The outputs in order; a failed item is left out, or stands as {"error": ...}."""
    return [
        {"error": one.error} if one.error is not None else one.output
        for one in found
        if one.error is None or errors == "collect"
    ]
