"""Two teams for security tests: Alice's has one of everything, with a word in it that nobody else may ever read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from django.apps import apps
from django.db import models

from orchestrator.models import Version
from orchestrator.operations import allowances, files, runs, starting
from orchestrator.operations.starting import Wanted
from reviews.models import Review
from reviews.operations import save_queue
from reviews.operations.queues import QueueSettings
from teams.models import Team
from teams.operations.comments import add_comment
from teams.operations.connections import ConnectionForm, create_connection
from teams.operations.members import add_member
from teams.operations.tables import import_table
from teams.operations.tokens import create_token
from teams.policy import Permission, Role
from tests import runs as played
from tests.personas import NOW, Personas, personas

MARK = "ONLY-ALICES-TEAM-READS-THIS"
MESSAGE = {"type": "object", "properties": {"message": {"type": "string"}}}


def gated(template: str = "Dear {{ inputs.message }}") -> dict[str, Any]:
    """One step behind a gate."""
    node = {"type": "transform", "config": {"template": template}, "gate": {"when": "always"}}
    return {"inputs": MESSAGE, "nodes": {"reply": node}, "edges": [], "output": {"reply": "{{ reply }}"}}


FAILS = {"inputs": MESSAGE, "nodes": {"cut": {"type": "transform", "config": {"query": "abs(message)"}}}, "edges": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What there is; `ids` are the values that fill addresses."""

    people: Personas
    version: Version
    waiting: int
    failed: int
    paused: int
    queued: int
    ids: Mapping[str, Any]


def world() -> World:
    """Everything in Alice's team; Charlie's is empty."""
    people = personas()
    by, team = people.alice, people.team
    version = played.a_version(gated(), team=team)
    broken = played.a_version(FAILS, team=team)
    waiting, paused, queued = (_started(people, version) for _ in range(3))
    failed = _started(people, broken)
    played.work(waiting)
    played.work(failed)
    runs.pause(run=paused, by=by.name)
    connection = create_connection(by=by, form=ConnectionForm(name=f"c {MARK}", provider="demo"), now=NOW)
    token = create_token(by=by, name=MARK, permissions=[Permission.read], expires_at=None, now=NOW)
    member = add_member(by=by, email="dora@example.org", role=Role.viewer, name=MARK, now=NOW)
    import_table(by=by, name="customers", rows=[{"name": MARK}], now=NOW)
    save_queue(by=by, settings=QueueSettings(slug="support", name=MARK), now=NOW)
    allowances.set_budget(by=by, subject="team", unit="calls", most=1000, now=NOW)
    upload = files.upload(by=by, name=f"{MARK}.txt", content=MARK.encode())
    comment = add_comment(by=by, subject=f"run:{waiting}", place="reply", text=MARK, now=NOW)
    ids = {
        "comment_id": comment.pk,
        "slug": version.workflow.slug,
        "idle": played.a_version(gated(), team=team).workflow.slug,
        "number": version.number,
        "version_id": version.pk,
        "run_id": waiting,
        "file_id": upload.pk,
        "connection_id": connection.pk,
        "review_id": Review.objects.of(team).get(run=waiting).pk,
        "member_id": member.pk,
        "token_id": token.id,
        "name": "customers",
    }
    return World(people=people, version=version, waiting=waiting, failed=failed, paused=paused, queued=queued, ids=ids)


def _started(people: Personas, version: Version) -> int:
    wanted = Wanted(version=version, given={"message": MARK})
    return starting.start_run(by=people.alice, wanted=wanted)


def a_file(content: bytes = b"name\nAda\n") -> BytesIO:
    """What a form uploads."""
    found = BytesIO(content)
    found.name = "a.csv"
    return found


def fingerprint(team: Team) -> str:
    """Changes when any row of the team does."""
    told = sha256()
    for text in _rows(team):
        told.update(text.encode())
    return told.hexdigest()


def _rows(team: Team) -> Iterator[str]:
    for model in apps.get_models():
        manager: Any = getattr(model, "objects", None)
        if hasattr(manager, "of"):
            rows: models.QuerySet = manager.of(team.pk)
            yield from sorted(f"{model.__name__} {sorted(row.items())}" for row in rows.values())
