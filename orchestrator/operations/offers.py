"""What a connection offers: kept from its last test, chosen from by the team's admins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from orchestrator.contract.messages import ModelInfo
from orchestrator.engine.values import BatonError
from orchestrator.models import Offer
from orchestrator.operations import linking
from teams.access import connection_of
from teams.callers import Caller
from teams.errors import WrongInput
from teams.models import Connection
from teams.policy import Action

LONGEST_MODEL = 200
MOST_MODELS = 2000


class WrongModelName(BatonError, WrongInput):
    """A model's name has at most 200 characters, none of them a blank."""

    code = "wrong_model_name"


def keep_test(*, connection: Connection, now: datetime, found: Sequence[ModelInfo] = (), problem: str = "") -> Offer:
    """How the test of the connection ended; after a failure the models that were known stay known."""
    values: dict[str, object] = {"tested_at": now, "problem": problem}
    if not problem:
        values["found"] = [_told(model) for model in found[:MOST_MODELS]]
    row, _is_new = Offer.unscoped.update_or_create(connection=connection, defaults=values)
    return row


def choose(
    *, by: Caller, connection_id: int, models: Iterable[str], aliases: Mapping[str, str], now: datetime
) -> Connection:
    """The models that people pick from, and what the aliases mean. Raises WrongModelName, WrongLink, NotFound."""
    by.demand(Action.edit_connection)
    connection = connection_of(by, connection_id)
    mapped = {alias: _checked(name) for alias, name in aliases.items() if name.strip()}
    chosen = sorted({_checked(name) for name in models})
    with transaction.atomic():
        form = replace(linking.form_of(connection), aliases=mapped)
        connection = linking.change(by=by, connection_id=connection_id, form=form, now=now)
        Offer.unscoped.update_or_create(connection=connection, defaults={"chosen": chosen})
    return connection


def _checked(name: str) -> str:
    found = name.strip()
    if not found or len(found) > LONGEST_MODEL or any(sign.isspace() for sign in found):
        raise WrongModelName(f"{name[:50]!r} is no model's name: it has at most {LONGEST_MODEL} characters, no blanks.")
    return found


def _told(model: ModelInfo) -> dict[str, object]:
    title = "" if model.title == model.name else model.title
    return {"name": model.name, "title": title, "context": model.context, "abilities": sorted(model.abilities)}
