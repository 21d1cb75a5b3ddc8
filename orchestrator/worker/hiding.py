"""What people, the journal and the API are shown of a tool's arguments, and the real ones of what people send back.

A secret in an argument is replaced by [hidden]. Whoever edits the arguments leaves [hidden] where it stands, and the call gets
the real value.
"""

import json
from collections.abc import Mapping

from pydantic import BaseModel

from orchestrator.contract.errors import ToolRefused
from orchestrator.contract.tool import ToolType
from orchestrator.engine.values import Json, JsonObject
from teams.opened import hide_opened, redact_opened
from teams.redaction import HIDDEN


def real_arguments(arguments: BaseModel) -> JsonObject:
    """The checked arguments as JSON, as the tool gets them."""
    found: JsonObject = arguments.model_dump(mode="json", by_alias=True)
    return found


def shown_arguments(tool: ToolType, arguments: BaseModel) -> JsonObject:
    """The same without what is secret: by the tool's word, by the value of what was opened, and by its look."""
    real = real_arguments(arguments)
    shown = tool.hide(real) if tool.hide else real
    shown = {name: HIDDEN if name in tool.secret_arguments else value for name, value in shown.items()}
    found: JsonObject = _redacted(shown)
    return found


def _redacted(value: Json) -> Json:
    match value:
        case str():
            return redact_opened(value)
        case dict():
            return {name: _redacted_under(name, inner) for name, inner in value.items()}
        case list():
            return [_redacted(inner) for inner in value]
    return value


def _redacted_under(name: str, value: Json) -> Json:
    """A text may be a secret for what it is called: {"password": "..."}."""
    if not isinstance(value, str) or value == HIDDEN:
        return _redacted(value)
    named = json.dumps({name: value}, ensure_ascii=False)
    return _redacted(value) if redact_opened(named) == named else HIDDEN


def restored(edited: JsonObject, *, shown: JsonObject, real: JsonObject) -> JsonObject:
    """What people sent, with the real values where they left what they were shown. Raises ToolRefused where a hidden value
    was moved or changed in part, so that nothing is called with [hidden]."""
    found: JsonObject = _restored(edited, shown, real)
    if HIDDEN in json.dumps(found, ensure_ascii=False) and HIDDEN not in json.dumps(real, ensure_ascii=False):
        raise ToolRefused(
            f"A value that is {HIDDEN} was moved or changed in part. Leave it as it is, or replace it whole."
        )
    return found


def _restored(edited: Json, shown: Json, real: Json) -> Json:
    if edited == shown:
        return real
    if isinstance(edited, Mapping) and isinstance(shown, Mapping) and isinstance(real, Mapping):
        return {name: _restored(value, shown.get(name), real.get(name, value)) for name, value in edited.items()}
    lists = [one for one in (edited, shown, real) if isinstance(one, list)]
    if len(lists) == 3 and len({len(one) for one in lists}) == 1:
        return [_restored(*each) for each in zip(*lists, strict=True)]
    return edited


def without_opened(value: Json) -> Json:
    """A tool's result without the secrets that this process has opened: the other side may repeat what it was sent."""
    match value:
        case str():
            return hide_opened(value)
        case dict():
            return {name: without_opened(inner) for name, inner in value.items()}
        case list():
            return [without_opened(inner) for inner in value]
    return value
