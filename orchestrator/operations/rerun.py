"""Re-run: a new run with the version, the input and the budget of an earlier one. Nothing of what it did is reused."""

from collections.abc import Mapping
from uuid import UUID

from orchestrator.engine.values import Json, JsonObject
from orchestrator.inputs import PREFIX, file_places, upload_id
from orchestrator.models import Budget, Run
from orchestrator.operations import files, starting
from orchestrator.operations.starting import Wanted
from orchestrator.queries.files import stored_file
from orchestrator.queries.runs import ends_of, find
from teams.callers import Caller, Through
from teams.policy import Action

_TRIGGERS = {Through.page: "person", Through.token: "api", Through.operator: "command"}


def run_again(*, by: Caller, run: int) -> int:
    """The id of the new run. Files of the input are copied, because a file belongs to one run; if the start is refused, the
    copies are removed like any upload that no run was started with.

    Raises RunNotFound, NotAllowed and what start_run raises.
    """
    by.demand(Action.start_run)
    earlier = find(team=by.team_id, run=run)
    version, given = earlier.version, ends_of(earlier).input
    own = _with_own_files(by, given, version.document.get("inputs") or {})
    wanted = Wanted(version=version, given=own, trigger=_TRIGGERS[by.through], budget=_budget_of(earlier))
    return starting.start_run(by=by, wanted=wanted)


def _budget_of(run: Run) -> Mapping[str, int]:
    rows = Budget.objects.of(run.team_id).filter(subject=f"run:{run.pk}")
    return dict(rows.values_list("unit", "most"))


def _with_own_files(by: Caller, given: Json, schema: JsonObject) -> Json:
    named = {text for _, text in file_places(schema, given) if upload_id(text)}
    copies = {text: _copied(by, identity) for text in named if (identity := upload_id(text))}
    return _replaced(given, schema, copies) if copies else given


def _copied(by: Caller, identity: UUID) -> str:
    """A new upload with the same content. Raises FileNotThere."""
    row = stored_file(team=by.team_id, identity=identity)
    with row.stored.open("rb") as stored:
        return f"{PREFIX}{files.upload(by=by, name=row.name, content=stored.read()).pk}"


def _replaced(value: Json, schema: Json, copies: Mapping[str, str]) -> Json:
    """The value with the copies where the schema wants a file."""
    if not isinstance(schema, Mapping):
        return value
    if schema.get("format") == "file":
        return copies.get(value, value)
    if isinstance(value, Mapping):
        parts = schema.get("properties") or {}
        return {name: _replaced(part, parts.get(name), copies) for name, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, schema.get("items"), copies) for part in value]
    return value
