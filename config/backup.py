"""Backups: one archive with the database, the uploads and the secret, made while the server runs.

SQLite is copied through its backup interface inside one read transaction; PostgreSQL by pg_dump. The database comes
first: an upload that is older than the copy of its row is never missing.
"""

import json
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.conf import settings

from config import postgres_programs

FORMAT = 1
SQLITE, POSTGRES = "sqlite", "postgresql"
DUMP, MANIFEST, UPLOADS, SECRET = "database", "manifest.json", "uploads", "secret"


class WrongArchive(ValueError):
    """The file is no backup that this version can restore. Name one that `baton backup` made."""


def backup(*, target: Path, now: datetime) -> Path:
    """Write a backup to `target`, readable by its owner alone. Nothing is there until it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as made:
        folder = Path(made)
        _dump(folder / DUMP)
        (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "kind": kind(), "made_at": now.isoformat()}))
        draft = folder / "archive"
        _pack(draft, folder)
        draft.chmod(0o600)
        draft.replace(target)
    return target


def restore(*, archive: Path) -> None:
    """Put back what a backup holds; what was there is replaced. The server must not run. Raises WrongArchive."""
    settings.BATON_DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.BATON_DATA) as made:
        folder = Path(made)
        _unpack(archive, folder)
        _check(folder)
        _load(folder / DUMP)
        if (folder / SECRET).exists():
            (folder / SECRET).replace(settings.BATON_DATA / SECRET)
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
        if (folder / UPLOADS).exists():
            shutil.move(folder / UPLOADS, settings.MEDIA_ROOT)


def default_target(now: datetime, *, reason: str = "backup") -> Path:
    """Where a backup goes unless somebody says otherwise."""
    folder: Path = settings.BATON_DATA / "backups"
    return folder / f"{reason}-{now:%Y-%m-%d-%H%M%S}.tar.gz"


def kind() -> str:
    """Which database there is."""
    return POSTGRES if settings.BATON_IS_POSTGRES else SQLITE


def _pack(draft: Path, folder: Path) -> None:
    with tarfile.open(draft, "w:gz", compresslevel=1) as archive:
        for name in (MANIFEST, DUMP):
            archive.add(folder / name, arcname=name)
        for name, source in ((SECRET, settings.BATON_DATA / SECRET), (UPLOADS, settings.MEDIA_ROOT)):
            if source.exists():
                archive.add(source, arcname=name)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise WrongArchive(f"{archive} cannot be read: {error}. Name a file that `baton backup` made.") from error


def _check(folder: Path) -> None:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise WrongArchive(WrongArchive.__doc__) from error
    if manifest.get("format") != FORMAT:
        raise WrongArchive(f"The backup has format {manifest.get('format')}; this version reads {FORMAT}.")
    if manifest.get("kind") != kind():
        raise WrongArchive(f"The backup is of {manifest.get('kind')}, the database here is {kind()}. Set DATABASE_URL.")


def _dump(target: Path) -> None:
    if kind() == POSTGRES:
        postgres_programs.dump(settings.DATABASES["default"], target=target)
        return
    with closing(_sqlite()) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")


def _load(dump: Path) -> None:
    if kind() == POSTGRES:
        postgres_programs.load(settings.DATABASES["default"], source=dump)
        return
    with closing(sqlite3.connect(dump)) as source, closing(_sqlite()) as target:
        source.backup(target, pages=-1)


def _sqlite() -> sqlite3.Connection:
    return sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=30)
