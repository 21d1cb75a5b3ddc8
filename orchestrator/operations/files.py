"""Files that people bring: uploaded first, then named in the input of a run, to which they belong from then on."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.db import transaction

from orchestrator.documents.errors import DocumentRefused
from orchestrator.documents.kinds import kind_of
from orchestrator.documents.pictures import picture_type
from orchestrator.engine.values import BatonError
from orchestrator.models import RunFile
from teams.callers import Caller
from teams.errors import Conflict, WrongInput
from teams.policy import Action

LARGEST = 25 * 1024 * 1024
LONGEST_NAME = 200
UNUSED = timedelta(days=7)
"""Since its upload, after which a file that no run was started with is removed."""
MOST_REMOVED = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "csv": "text/csv",
    "text": "text/plain",
}
UNKNOWN = "application/octet-stream"


class FileTooLarge(BatonError, WrongInput):
    """A file has at most 25 MiB. Split it, or leave out what is not needed."""

    code = "file_too_large"


class FileEmpty(BatonError, WrongInput):
    """This file is empty. Choose another one."""

    code = "file_empty"


class FileTaken(BatonError, Conflict):
    """Another run was started with this upload a moment ago. Upload the file again."""

    code = "file_taken"


def upload(*, by: Caller, name: str, content: bytes) -> RunFile:
    """Keep a file for a run that is to be started. The server chooses where; what it is, its content says, not its name."""
    by.demand(Action.start_run)
    return _kept(team=by.team_id, run=None, name=name, content=content)


def bring(*, team: int, run: int, name: str, content: bytes) -> RunFile:
    """Keep a file that belongs to a run from the start: what a person answers its step with. Whether they may, the caller
    has looked at."""
    return _kept(team=team, run=run, name=name, content=content)


def _kept(*, team: int, run: int | None, name: str, content: bytes) -> RunFile:
    if not content:
        raise FileEmpty
    if len(content) > LARGEST:
        raise FileTooLarge(f"This file has {len(content):,} bytes; it may have {LARGEST:,}. Split it.")
    identity = uuid4()
    shown = shown_name(name)
    kind = media_type(content, shown)
    row = RunFile(id=identity, team_id=team, run_id=run, name=shown, media_type=kind, size=len(content))
    row.stored.save(identity.hex, ContentFile(content), save=False)
    row.save(force_insert=True)
    return row


def attach(*, team: int, run: int, files: Collection[UUID]) -> None:
    """From now on these uploads are the run's. Raises FileTaken."""
    if RunFile.objects.of(team).filter(pk__in=files, run=None, is_doomed=False).update(run=run) != len(files):
        raise FileTaken


def doom(*, run: int) -> None:
    """The files of a run that is being deleted: nobody sees them from this transaction on, and after it they are removed."""
    if RunFile.unscoped.filter(run=run).update(run=None, is_doomed=True):
        transaction.on_commit(remove_doomed)


def doom_unused(*, now: datetime) -> int:
    """Uploads with which no run was started for some days; how many."""
    return RunFile.unscoped.filter(run=None, is_doomed=False, created_at__lt=now - UNUSED).update(is_doomed=True)


def remove_doomed() -> int:
    """Remove the content of what nobody sees any more, then its row; how many. What fails is done by the next sweep."""
    found = list(RunFile.unscoped.filter(is_doomed=True)[:MOST_REMOVED])
    for row in found:
        row.stored.delete(save=False)
        row.delete()
    return len(found)


def shown_name(name: str) -> str:
    """The last part of the name that somebody gave, fit to be shown."""
    last = PurePosixPath(_CONTROLS.sub("", name).replace("\\", "/")).name.strip(". ")
    return last[-LONGEST_NAME:] or "file"


def media_type(content: bytes, name: str) -> str:
    """What the content is; what nobody of ours reads is a row of bytes."""
    if picture := picture_type(content):
        return picture
    try:
        return _TYPES[kind_of(content, PurePosixPath(name).suffix.lower())]
    except DocumentRefused:
        return UNKNOWN
